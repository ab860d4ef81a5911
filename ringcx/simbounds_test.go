package ringcx_test

import "time"

const (
	mostDenied = 80 // refreshes in an hour, of one process whose calls to one endpoint always meet a 401
	peakAlone  = 12 // exchanges and refreshes in 60 s, while processes are without the Store

	anHour = 150 // calls of a process in an hour and a bit
)

// bounds of each kind of trouble: see bound. A process makes a call each 30 s. A
// trouble that is not here excuses nothing.
var bounds = map[string]bound{
	"refused":                 {20, 6 * time.Minute, 0}, // a rejected exchange rests for 5 minutes
	"401":                     {20, 6 * time.Minute, 0},
	"secret echoed":           {24, 6 * time.Minute, 0},
	"revoked at the exchange": {28, 6 * time.Minute, 0},
	"rate limit":              {16, 2 * time.Minute, 0},
	"rate limit 7 s":          {8, 2 * time.Minute, 0},
	"rate limit 3 min":        {18, 4 * time.Minute, 0},
	"penalty":                 {16, 2 * time.Minute, 0},

	"500":                {8, 2 * time.Minute, 0},
	"502 of a proxy":     {8, 2 * time.Minute, 0},
	"503":                {8, 2 * time.Minute, 0},
	"HTML":               {8, 2 * time.Minute, 0},
	"truncated":          {8, 2 * time.Minute, 0},
	"redirect":           {8, 2 * time.Minute, 0},
	"no token":           {8, 2 * time.Minute, 0},
	"no refresh token":   {4, 2 * time.Minute, 0},
	"same refresh token": {4, 2 * time.Minute, 0},
	"life 0":             {6, 2 * time.Minute, 0},
	"life negative":      {6, 2 * time.Minute, 0},
	"life short":         {4, 2 * time.Minute, 0},
	"life huge":          {4, 2 * time.Minute, 0},
	"slow":               {6, 2 * time.Minute, 0},
	"too slow":           {7, 2 * time.Minute, 0},
	"answer lost":        {8, 2 * time.Minute, 0},
	"unreachable":        {8, 2 * time.Minute, 0},
	"date skewed":        {4, 6 * time.Minute, 0}, // a token of that time lives for 5 minutes
	"date skewed back":   {4, 6 * time.Minute, 0},

	"revoked":                 {4, 2 * time.Minute, 0},
	"expired early":           {3, 2 * time.Minute, 0},
	"expired again and again": {10, 2 * time.Minute, 0},
	"clock steps":             {3, 6 * time.Minute, 0},
	"clock steps by hours":    {4, 6 * time.Minute, 0},
	"suspended":               {1, 6 * time.Minute, 0},
	"suspended for hours":     {1, 6 * time.Minute, 0},
	"all suspended":           {1, 6 * time.Minute, 0},
	"logout":                  {3, 2 * time.Minute, 0},
	"logout that fails":       {8, 2 * time.Minute, 2},

	"endpoint always 401":             {3, 2 * time.Minute, 0},
	"endpoint always 401 to a stream": {3, 2 * time.Minute, 0},

	"killed":           {2, 2 * time.Minute, 4}, // a lease of 30 s
	"paused":           {4, 2 * time.Minute, 4},
	"paused for long":  {14, 2 * time.Minute, 4},
	"paused for hours": {400, 6 * time.Minute, 4},
	"ambiguous write":  {1, 2 * time.Minute, 0},
	"lost write":       {3, 2 * time.Minute, 2},
	"late write":       {3, 2 * time.Minute, 2},
	"very late write":  {3, 2 * time.Minute, 2},
	"stale read":       {1, 2 * time.Minute, 0},
	"record deleted":   {2, 2 * time.Minute, 0},
	"record corrupted": {2, 2 * time.Minute, 0},

	"Store lost in a renewal":  {24, 6 * time.Minute, 24}, // two exchanges rejected with 401: 5 minutes
	"record lost in a renewal": {4, 2 * time.Minute, 3},
	"logouts that wait":        {6, 2 * time.Minute, 4},

	"record downgraded":            {2, 2 * time.Minute, 0},
	"rolling restart":              {2, 2 * time.Minute, 0},
	"cold start":                   {2, 2 * time.Minute, 0},
	"cold start without the Store": {6, 2 * time.Minute, 0},
	"commands":                     {1, 2 * time.Minute, 0},
	"cloned":                       {2, 2 * time.Minute, 2}, // in its middle all tokens expire

	"Store down":                    {4, 2 * time.Minute, 0},
	"Store down for long":           {60, 2 * time.Minute, 0},
	"Store down, tokens expired":    {6, 2 * time.Minute, 0},
	"partition from the Store":      {4, 2 * time.Minute, 0},
	"long partition from the Store": {60, 2 * time.Minute, 0},
	"partition from the services":   {6, 2 * time.Minute, 0},
	"Store hangs":                   {6, 2 * time.Minute, 0},
	"Store hangs for all":           {8, 2 * time.Minute, 0},

	"services silent to one":     {anHour, 2 * time.Minute, 0},
	"services deaf to one":       {anHour, 2 * time.Minute, 0},
	"services silent to a third": {anHour, 2 * time.Minute, 1},
	"services silent to half":    {anHour, 2 * time.Minute, 6},
	"services silent to all":     {anHour, 2 * time.Minute, 0},
	"services deaf to all":       {anHour, 2 * time.Minute, 0},
	"403 for one":                {anHour, 6 * time.Minute, 0},
	"429 for one":                {2 * anHour, 61 * time.Minute, 0}, // it was told to wait
	"HTML for one":               {anHour, 2 * time.Minute, 0},
	"reset for one":              {anHour, 2 * time.Minute, 0},
}

// knownRed are kinds of trouble in which the engine breaks a rule or a bound
// today, and what they show. What goes wrong while one of them goes on, and for an
// hour after it, is logged and fails no test.
var knownRed = map[string]string{}
