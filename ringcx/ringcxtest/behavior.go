package ringcxtest

import (
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
)

// Behavior is what a Server does in cases in which RingCX may surprise a program. The zero
// Behavior is the likely one.
type Behavior struct {
	// Leads.

	// LeadDelay is the time after which a search finds a new lead, and after which a file is
	// loaded. The default is two seconds; a negative value means no delay.
	//
	// Source: seen in public clients; for files it is inferred.
	LeadDelay time.Duration

	// LeadLoadFailure, if it is not empty, is the processingStatus of every load, usually
	// [gen.LeadProcessingStatusGeneralFailure]. Such a load has the status 200, leadsSupplied
	// is 0, and nothing is loaded. By default a load fails only if the request has no leads
	// (inferred).
	//
	// Source: seen in public clients.
	LeadLoadFailure gen.LeadProcessingStatus

	// EmptyStringsLoaded makes loads accept leads with an empty string in a field. By default
	// such a lead is rejected.
	//
	// Source: that an empty string can reject a lead was seen in public clients.
	EmptyStringsLoaded bool

	// LeadsNeedE164 makes loads reject leads without leadPhoneE164, as in an account that uses
	// such numbers. By default leadPhone is enough.
	//
	// Source: RingCX developer guide, chapter on loading leads.
	LeadsNeedE164 bool

	// LeadSearchForm is the form of the responses of searches for leads. The default is
	// [LeadArray].
	//
	// Source: the forms were seen in public clients.
	LeadSearchForm LeadForm

	// LeadRowsNested makes searches send each lead in the field campaignLead of its row. By
	// default its fields are those of the row.
	//
	// Source: seen in public clients.
	LeadRowsNested bool

	// LeadColumnsFromZero makes the numbers of columns in pageColumnMappings,
	// extendedLeadDataMappings and additionalPhoneMappings begin with 0. By default they begin
	// with 1.
	//
	// Source: the samples of the RingCX developer guide disagree.
	LeadColumnsFromZero bool

	// LeadPatchNoContent makes a successful patchLead respond with status 204 and no body. By
	// default it responds with the lead.
	//
	// Source: RingCX API reference, which has both statuses.
	LeadPatchNoContent bool

	// Active calls.

	// CallsNotCreated makes createCall respond with true although it starts no call. By default
	// it starts the call.
	//
	// Source: seen in public clients.
	CallsNotCreated bool

	// AgentsNotLoggedIn are the usernames of agents for whom createCall responds with status
	// 400 and the code "active.calls.agent.not.logged.in", and whom listLoggedInAgents and
	// countLoggedInAgents leave out; "*" means all. By default all agents are logged in, also
	// those that the Server does not know.
	//
	// Source: RingCX developer guide, "Active calls".
	AgentsNotLoggedIn []string

	// CallDelay is how long after createCall the list of active calls contains the call. The
	// default is 0.
	//
	// Source: none, a delay is inferred: a program must look for the call in the list.
	CallDelay time.Duration

	// QueueThresholdTen makes checkQueueThreshold allow 10 waiting calls if the request does
	// not say how many. By default it allows 0.
	//
	// Source: the RingCX API reference has 10, the RingCX developer guide 0.
	QueueThresholdTen bool

	// Users and agents.

	// RolesAsObjects makes the roles of a user objects after createUser, updateUser, addUserRole
	// and removeUserRole. By default they are strings then. Users of [Server.SetUsers] keep the
	// form that they have, until such a request.
	//
	// Source: the RingCX API reference has objects, the RingCX developer guide strings.
	RolesAsObjects bool

	// OmittedFieldsKept makes updateUser, updateAgent and updateAgents keep fields that the
	// request lacks. By default these are lost, except for those that RingCX sets.
	//
	// Source: none. RingCX does not document it, so a program should send all fields.
	OmittedFieldsKept bool

	// UsernameConflict makes createAgent respond with status 409 to a username that is in use. By
	// default the status is 400.
	//
	// Source: none, both are inferred: RingCX documents no status for it.
	UsernameConflict bool

	// AssignmentsReplaced makes assignQueueAgents and assignDialGroupAgents remove the agents
	// that the request lacks, and assignSkillProfileSkills the skills. By default they stay.
	//
	// Source: none. RingCX does not document it, so a program should list them afterwards.
	AssignmentsReplaced bool

	// Agent state subscriptions.

	// AnyReceiver makes the Server accept every response of a receiver with a status from 200
	// to 299. By default a receiver has to follow the rules of createAgentStateSubscription: see
	// [Server.SetWebhookClient].
	//
	// Source: the rules are those of the RingCX developer guide, "Agent State Subscription
	// APIs". Another edition calls them unconfirmed, and its receiver responds with status 204.
	AnyReceiver bool

	// Reports.

	// WindowsBackward makes listInteractions take segmentEndTime as the end of the window. By
	// default the window begins there.
	//
	// Source: the RingCX API reference has the beginning, and one page of the RingCX developer
	// guide the end.
	WindowsBackward bool

	// WindowsOverlap makes a window contain the segments that ended exactly at its end. By
	// default only the next window contains them.
	//
	// Source: inferred, the documentation does not say.
	WindowsOverlap bool

	// LongestWindow is how long the window of listInteractions may be. The default is 3 hours.
	//
	// Source: RingCX API reference; an older page of the RingCX developer guide has one hour.
	LongestWindow time.Duration

	// InteractionTimesInMilliseconds makes listInteractions send times as milliseconds since
	// 1970. By default they are strings.
	//
	// Source: RingCX API reference (strings), RingCX developer guide (milliseconds).
	InteractionTimesInMilliseconds bool

	// StatsInMinutes makes the reports of figures take timeInterval in minutes, and accept only
	// 15, 30, 45 and 60. By default it is in seconds.
	//
	// Source: RingCX API reference (seconds), RingCX developer guide (minutes).
	StatsInMinutes bool

	// Recordings, transcripts and summaries.

	// RecordingDelay is how long after the end of its segment a recording is ready. The default
	// is 10 minutes; a negative value means no delay.
	//
	// Source: RingCX developer guide, whose pages have 1 to 2, 10 and 15 minutes.
	RecordingDelay time.Duration

	// TranscriptDelay is how long after the end of its segment a transcript is ready. The
	// default is 5 minutes; a negative value means no delay.
	//
	// Source: RingCX developer guide, "Call transcripts"; another page has 10 to 15 minutes.
	TranscriptDelay time.Duration

	// SummaryDelay is how long after the end of its segment a summary is ready. The default is
	// a minute (inferred: the documentation calls it short); a negative value means no delay.
	SummaryDelay time.Duration

	// SummaryNotFound makes a summary that is not ready a response with status 404. By default
	// the status is 200 and the body is empty.
	//
	// Source: RingCX developer guide, "Call summaries", which has both.
	SummaryNotFound bool

	// Audit logs.

	// AuditDelay is how long after a change a search of the audit log finds it. The default is
	// 5 minutes; a negative value means no delay.
	//
	// Source: RingCX developer guide, "Administrative Audit Log APIs".
	AuditDelay time.Duration
}

// LeadForm is the form of the response of a search for leads.
type LeadForm string

// The forms of the response of a search for leads. If the request has count=true, the
// response is the number of leads instead of LeadArray, and an object without leads instead
// of the others (inferred).
const (
	LeadArray      LeadForm = ""      // an array of leads
	LeadObject     LeadForm = "leads" // an object with the leads in the field leads, and totalCount
	LeadDataObject LeadForm = "data"  // the same with the field data
)

// DefaultBehavior returns the likely behavior of RingCX, with which a Server begins.
func DefaultBehavior() Behavior { return Behavior{} }

// SetBehavior sets what s does from now on in the cases that Behavior describes.
func (s *Server) SetBehavior(b Behavior) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behavior = b
}

// currentBehavior returns what was set last.
func (s *Server) currentBehavior() Behavior {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.behavior
}

// leadDelay returns the time after which a search finds a new lead.
func (b Behavior) leadDelay() time.Duration {
	if b.LeadDelay == 0 {
		return 2 * time.Second
	}
	return max(b.LeadDelay, 0)
}

// delayOr returns set, or usual if it is 0. It returns 0 for a negative delay.
func delayOr(set, usual time.Duration) time.Duration {
	if set == 0 {
		return usual
	}
	return max(set, 0)
}
