package ringcxtest

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/wire"
)

// Stream is an audio stream that was started with startDialogStream or startSegmentStream.
type Stream struct {
	SubAccountID wire.ID
	DialogID     wire.ID
	SegmentID    wire.ID // empty for a stream of the dialog
	Request      gen.StreamRequest
}

// same reports whether the streams have the same id, and belong to the same dialog or segment.
func (a Stream) same(b Stream) bool {
	isCall := a.SubAccountID == b.SubAccountID && a.DialogID == b.DialogID && a.SegmentID == b.SegmentID
	return isCall && wire.Value(a.Request.StreamID) == wire.Value(b.Request.StreamID)
}

// Streams returns the audio streams that run, in the order in which they were started. The
// Server sends no audio. The caller may change the slice.
func (s *Server) Streams() []Stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.streams)
}

// stream returns the stream in the path of c.
func (c *call) stream() Stream {
	return Stream{
		SubAccountID: c.pathID("subAccountId"), DialogID: c.pathID("dialogId"), SegmentID: c.pathID("segmentId"),
	}
}

// startStream starts a stream, unless one with its id runs in the same dialog or segment. (That
// other dialogs may use the id again is inferred.) A stream without an id cannot be stopped.
func startStream(c *call) {
	if !c.checkPath() {
		return
	}
	stream := c.stream()
	_ = json.Unmarshal(c.body, &stream.Request) // checkPath checked it
	s := c.server
	s.mu.Lock()
	runs := stream.Request.StreamID != nil && slices.ContainsFunc(s.streams, stream.same)
	if !runs {
		s.streams = append(s.streams, stream)
	}
	s.mu.Unlock()
	if runs {
		c.respondError(http.StatusConflict, "conflict", "A stream with this id runs")
		return
	}
	c.w.WriteHeader(http.StatusOK)
}

// stopStream stops the stream in the path. The stream of the examples of openapi.yaml need not
// run, so that the examples of all operations work.
func stopStream(c *call) {
	if !c.checkPath() {
		return
	}
	id, stream := c.r.PathValue("streamId"), c.stream()
	stream.Request.StreamID = &id
	s := c.server
	s.mu.Lock()
	before := len(s.streams)
	s.streams = slices.DeleteFunc(s.streams, stream.same)
	stopped := len(s.streams) < before
	s.mu.Unlock()
	if example := c.operation.Spec().Parameters.GetByInAndName("path", "streamId").Example; !stopped && example != id {
		c.respondError(http.StatusNotFound, "not.found", "There is no stream with this id")
		return
	}
	c.w.WriteHeader(http.StatusOK)
}
