// Package wire holds the few Go types that forgive what RingCX really sends:
// times without a colon in the offset, ids that are now a number and now a
// string, flags that are 0 or 1, roles that are an object or just a name.
//
// The types of package gen are built from them. Each reads every form that the
// service is known to send, writes one form, and reads back what it wrote as the
// same value. Anything else is a [*encoding/json.UnmarshalTypeError], so
// that the error of encoding/json names the field.
//
// A JSON null sets the zero value. (The types of encoding/json leave the old
// value alone; here that could leave one user's id on another user when a
// variable is used twice.) After an error the old value is left as it was.
//
// All types are plain values: they may be copied, and read by many goroutines
// at once.
package wire
