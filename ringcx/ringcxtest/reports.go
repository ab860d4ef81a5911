package ringcxtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/wire"
)

const (
	// longestWindow is how long the window of a report may be, and windowDelay how long ago it
	// must have ended.
	//
	// Source: RingCX API reference.
	longestWindow = 3 * time.Hour
	windowDelay   = 5 * time.Minute
)

// SetInteractions replaces the segments of interactions that s reports. A segment is reported
// in the window in which it ended (SegmentEndTimeMs), and in the sub-account SubAccountID, or in
// all if that is nil. By default there is one segment, the example of openapi.yaml, which
// ended an hour before s was created.
//
// The recording, the transcript and the summaries of a segment are ready some time after its
// end: see [Behavior]. A recording is a tone as long as SegmentDurationMs or, if that is nil, as
// the time from SegmentStartTimeMs to SegmentEndTimeMs. It is generated while it is read. There
// is none if HasRecording is false, and no transcript and no summary if HasTranscript is false.
// The text of a transcript or a summary is the example of openapi.yaml; [Server.Set] replaces
// that of one path, and [Server.Respond] that of all.
//
// The test fails at once if a segment has no SegmentEndTimeMs.
func (s *Server) SetInteractions(segments ...gen.InteractionSegment) {
	if s.tb != nil {
		s.tb.Helper()
	}
	for i, segment := range segments {
		if segment.SegmentEndTimeMs == nil || segment.SegmentEndTimeMs.IsZero() {
			s.fail("SetInteractions: segment %d has no SegmentEndTimeMs", i)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.segments = append([]gen.InteractionSegment{}, segments...)
}

// interactions returns the segments of the sub-account of c.
func (c *call) interactions() []gen.InteractionSegment {
	s := c.server
	s.mu.Lock()
	all, started := s.segments, s.started
	s.mu.Unlock()
	if all == nil {
		all = exampleInteractions(started.Add(-time.Hour))
	}
	var own []gen.InteractionSegment
	for _, segment := range all {
		if id := segment.SubAccountID; id == nil || string(*id) == c.r.PathValue("subAccountId") {
			own = append(own, segment)
		}
	}
	return own
}

// exampleInteractions returns the examples of openapi.yaml, moved in time so that each ended at
// end.
func exampleInteractions(end time.Time) []gen.InteractionSegment {
	var all []gen.InteractionSegment
	decodeExample("listInteractions", &all)
	for _, segment := range all {
		by := end.Sub(segment.SegmentEndTimeMs.Time)
		move(segment.SegmentStartTimeMs, by)
		move(segment.SegmentEndTimeMs, by)
		for _, event := range segment.SegmentEvents {
			move(event.EventTimeMs, by)
			move(event.ClientEventTimeMs, by)
		}
	}
	return all
}

func move(t *wire.Time, by time.Duration) {
	if t != nil {
		t.Time = t.Add(by).UTC()
	}
}

// decodeExample decodes the last example of a successful response of e into v.
func decodeExample(e Endpoint, v any) {
	all := examples(e)
	if err := json.Unmarshal(all[len(all)-1], v); err != nil {
		panic(fmt.Sprintf("ringcxtest: example of %s: %v", e, err))
	}
}

// reportWindow is the window of a report.
type reportWindow struct{ from, to time.Time }

// listInteractions lists the segments that ended in a window.
func listInteractions(c *call) {
	if c.resources() == nil {
		return
	}
	b := c.server.currentBehavior()
	w, ok := c.interactionWindow(b)
	if !ok {
		return
	}
	var rows []json.RawMessage
	for _, segment := range c.interactions() {
		end := segment.SegmentEndTimeMs.Time
		atEnd := b.WindowsOverlap && end.Equal(w.to)
		if isIn := !end.Before(w.from) && end.Before(w.to); isIn || atEnd {
			rows = append(rows, marshalSegment(segment, b.InteractionTimesInMilliseconds))
		}
	}
	c.respondList(slices.Values(rows))
}

// interactionWindow returns the window of a search for interactions. If it is not valid, it
// responds with status 400.
func (c *call) interactionWindow(b Behavior) (w reportWindow, ok bool) {
	var search gen.InteractionSearch
	_ = json.Unmarshal(c.body, &search) // package engine has checked it
	start, ok := c.reportTime("segmentEndTime", search.SegmentEndTime, search.TimeZone)
	if !ok {
		return w, false
	}
	longest := longestWindow
	if b.LongestWindow != 0 {
		longest = b.LongestWindow
	}
	if search.TimeInterval < 1 || search.TimeInterval > int64(longest/time.Second) {
		c.respondInvalid("timeInterval", fmt.Sprintf("must be from 1 to %d", longest/time.Second))
		return w, false
	}
	length := time.Duration(search.TimeInterval) * time.Second
	w = reportWindow{start, start.Add(length)}
	if b.WindowsBackward {
		w = reportWindow{start.Add(-length), start}
	}
	return w, c.checkReportEnd("segmentEndTime", w.to)
}

// reportTime returns the time in a field of the body. If it is not valid, it responds with
// status 400.
func (c *call) reportTime(field, text, zone string) (time.Time, bool) {
	location, err := time.LoadLocation(zone)
	if err != nil || zone == "" || zone == "Local" {
		c.respondInvalid("timeZone", "is not the name of a time zone")
		return time.Time{}, false
	}
	t, err := time.ParseInLocation("2006-01-02 15:04:05", text, location)
	if err != nil {
		c.respondInvalid(field, "must have the form YYYY-MM-DD HH:mm:ss")
		return time.Time{}, false
	}
	return t, true
}

// checkReportEnd responds with status 400 if a window that ends at end is too recent.
func (c *call) checkReportEnd(field string, end time.Time) bool {
	ok := !end.After(c.began.Add(-windowDelay))
	if !ok {
		c.respondInvalid(field, "is too recent: the window must have ended 5 minutes ago")
	}
	return ok
}

// marshalSegment returns the JSON of a segment.
func marshalSegment(segment gen.InteractionSegment, inMilliseconds bool) json.RawMessage {
	raw := marshal(segment)
	if !inMilliseconds {
		return raw
	}
	var object any
	_ = json.Unmarshal(raw, &object) // it was marshaled
	timesToMilliseconds(object)
	return marshal(object)
}

// timesToMilliseconds replaces the times of a segment in v by numbers.
func timesToMilliseconds(v any) {
	switch v := v.(type) {
	case []any:
		for _, element := range v {
			timesToMilliseconds(element)
		}
	case map[string]any:
		for name, field := range v {
			timesToMilliseconds(field)
			var t wire.Time
			isTime := strings.HasSuffix(name, "TimeMs") && json.Unmarshal(marshal(field), &t) == nil
			if isTime && !t.IsZero() {
				v[name] = t.UnixMilli()
			}
		}
	}
}

// listStats reports figures: the example of openapi.yaml once for each interval of the window.
func listStats(c *call) {
	response := c.resources()
	if response == nil {
		return
	}
	var r gen.StatsRequest
	_ = json.Unmarshal(c.body, &r) // package engine has checked it
	w, ok := c.statsWindow(r)
	if !ok {
		return
	}
	interval, ok := c.statsInterval(r)
	if !ok {
		return
	}
	var examples []map[string]any
	if err := json.Unmarshal(response.Body, &examples); err != nil {
		panic(fmt.Sprintf("ringcxtest: example of %s: %v", c.endpoint, err))
	}
	var rows []json.RawMessage
	for at := w.from; at.Before(w.to); at = at.Add(interval) {
		for _, row := range examples {
			row = maps.Clone(row)
			row["dateTimeFrom"], row["interval"] = at.Format("2006-01-02 15:04:05"), r.TimeInterval
			rows = append(rows, marshal(row))
		}
	}
	c.respondList(slices.Values(rows))
}

// statsWindow returns the window of a report of figures. If it is not valid, it responds with
// status 400.
func (c *call) statsWindow(r gen.StatsRequest) (w reportWindow, ok bool) {
	if w.from, ok = c.reportTime("startDate", r.StartDate, r.TimeZone); !ok {
		return w, false
	}
	if w.to, ok = c.reportTime("endDate", r.EndDate, r.TimeZone); !ok {
		return w, false
	}
	if length := w.to.Sub(w.from); length <= 0 || length > longestWindow {
		c.respondInvalid("endDate", "must be after startDate, by at most 3 hours")
		return w, false
	}
	return w, c.checkReportEnd("endDate", w.to)
}

// statsInterval returns the length of the intervals of a report of figures. If it is not valid,
// it responds with status 400.
func (c *call) statsInterval(r gen.StatsRequest) (interval time.Duration, ok bool) {
	if !c.server.currentBehavior().StatsInMinutes {
		if r.TimeInterval < 1 {
			c.respondInvalid("timeInterval", "must be positive")
		}
		return time.Duration(r.TimeInterval) * time.Second, r.TimeInterval >= 1
	}
	if !slices.Contains([]int64{15, 30, 45, 60}, r.TimeInterval) {
		c.respondInvalid("timeInterval", "must be 15, 30, 45 or 60")
		return 0, false
	}
	return time.Duration(r.TimeInterval) * time.Minute, true
}

// segment returns the segment in the path of c, or nil. A path without a dialog matches any.
func (c *call) segment() *gen.InteractionSegment {
	dialog := c.r.PathValue("dialogId")
	for _, segment := range c.interactions() {
		isSegment := string(wire.Value(segment.SegmentID)) == c.r.PathValue("segmentId")
		if isSegment && (dialog == "" || string(wire.Value(segment.DialogID)) == dialog) {
			return &segment
		}
	}
	return nil
}

// isReady reports whether the data of a segment is ready, which takes delay after its end. It
// never is if the segment is nil or exists is false.
func (c *call) isReady(segment *gen.InteractionSegment, exists *bool, delay time.Duration) bool {
	if exists != nil && !*exists {
		return false
	}
	return segment != nil && !c.began.Before(segment.SegmentEndTimeMs.Add(delay))
}

// respondNotFound responds with status 404, as RingCX does for data that is not ready and for
// ids that do not exist.
func (c *call) respondNotFound() {
	c.respondError(http.StatusNotFound, "not.found", "Not found")
}

// getRecording sends the recording of a segment.
func getRecording(c *call) {
	if c.resources() == nil {
		return
	}
	segment := c.segment()
	if segment == nil || !c.isReady(segment, segment.HasRecording, delayOr(c.server.currentBehavior().RecordingDelay, 10*time.Minute)) {
		c.respondNotFound()
		return
	}
	audio := newWAV(recordingLength(segment))
	if strings.HasPrefix(c.r.Header.Get("User-Agent"), "Mozilla/") { // as all browsers
		audio = newMP3(recordingLength(segment))
	}
	c.w.Header().Set("Content-Type", audio.contentType)
	http.ServeContent(c.w, c.r, "", time.Time{}, audio)
}

// recordingLength returns the length of the recording of a segment.
func recordingLength(segment *gen.InteractionSegment) time.Duration {
	if ms := segment.SegmentDurationMs; ms != nil {
		return time.Duration(*ms) * time.Millisecond
	}
	if start := segment.SegmentStartTimeMs; start != nil {
		return max(0, segment.SegmentEndTimeMs.Sub(start.Time))
	}
	return 0
}

// getTranscript sends the transcript of a segment.
func getTranscript(c *call) {
	segment := c.segment()
	if segment == nil || !c.isReady(segment, segment.HasTranscript, delayOr(c.server.currentBehavior().TranscriptDelay, 5*time.Minute)) {
		c.respondNotFound()
		return
	}
	serveResources(c)
}

// getSummary sends a summary of a segment. One that is not ready is empty.
func getSummary(c *call) {
	segment, b := c.segment(), c.server.currentBehavior()
	switch {
	case segment == nil:
		c.respondNotFound()
	case c.isReady(segment, segment.HasTranscript, delayOr(b.SummaryDelay, time.Minute)):
		serveResources(c)
	case b.SummaryNotFound:
		c.respondNotFound()
	default:
		c.foreign = true // openapi.yaml has no empty JSON
		c.respond(http.StatusOK, jsonType, "")
	}
}
