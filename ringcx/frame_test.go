package ringcx

import (
	"encoding/binary"
	"io"
)

// Source: RFC 9113, sections 6 and 7.
const (
	frameHeaders   = 0x1
	frameRSTStream = 0x3
	frameGoAway    = 0x7
	flagEndStream  = 0x1

	codeProtocolError = 0x1
	codeRefusedStream = 0x7
	codeCancel        = 0x8
	codeHTTP11        = 0xd // the largest code
)

// frame is an HTTP/2 frame, including its header.
type frame []byte

func (f frame) kind() byte       { return f[3] }
func (f frame) stream() uint32   { return binary.BigEndian.Uint32(f[5:9]) }
func (f frame) endsStream() bool { return f.kind() <= frameHeaders && f[4]&flagEndStream != 0 }

func newFrame(kind byte, stream uint32, payload ...uint32) frame {
	f := frame{0, 0, byte(4 * len(payload)), kind, 0}
	for _, n := range append([]uint32{stream}, payload...) {
		f = binary.BigEndian.AppendUint32(f, n)
	}
	return f
}

func readFrame(r io.Reader) (frame, error) {
	f := make(frame, 9)
	if _, err := io.ReadFull(r, f); err != nil {
		return nil, err
	}
	f = append(f, make([]byte, int(f[0])<<16|int(f[1])<<8|int(f[2]))...)
	_, err := io.ReadFull(r, f[9:])
	return f, err
}
