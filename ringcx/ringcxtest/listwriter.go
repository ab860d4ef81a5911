package ringcxtest

import (
	"bufio"
	"io"
)

// listBuffer is how much of a list is gathered before it is sent.
const listBuffer = 4 << 10

// listWriter writes a JSON array.
type listWriter struct {
	out       *bufio.Writer
	separator byte
}

func newListWriter(w io.Writer) *listWriter {
	return &listWriter{out: bufio.NewWriterSize(w, listBuffer), separator: '['}
}

// add writes an element. An error means that the client is gone.
func (l *listWriter) add(element []byte) error {
	_ = l.out.WriteByte(l.separator) // the buffer keeps its error
	l.separator = ','
	_, err := l.out.Write(element)
	return err
}

// end closes the array.
func (l *listWriter) end() {
	if l.separator == '[' {
		_ = l.out.WriteByte('[')
	}
	_ = l.out.WriteByte(']')
	_ = l.out.Flush()
}
