package ringcxtest

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"time"
)

var _ io.ReadSeeker = (*audio)(nil)

// audio is a sound file of any length, which is generated while it is read: a head, and then a
// part that repeats.
type audio struct {
	contentType string
	head        []byte
	repeated    []byte
	size        int64 // of the file
	at          int64 // offset of the next Read
}

// The form of a WAV file: 8,000 samples of 16 bits in a second, as on the phone.
const (
	wavRate       = 8000
	wavSampleSize = 2
)

// newWAV returns a WAV file with a tone of 400 Hz.
func newWAV(length time.Duration) *audio {
	const period, amplitude = wavRate / 400, 8000
	data := int64(length) * wavRate / int64(time.Second) * wavSampleSize
	head := []byte("RIFF\x00\x00\x00\x00WAVEfmt ")
	binary.LittleEndian.PutUint32(head[4:], uint32(36+data))
	head = binary.LittleEndian.AppendUint32(head, 16) // length of the format
	for _, v := range []uint16{1, 1} {                // PCM, one channel
		head = binary.LittleEndian.AppendUint16(head, v)
	}
	head = binary.LittleEndian.AppendUint32(head, wavRate)
	head = binary.LittleEndian.AppendUint32(head, wavRate*wavSampleSize)
	head = binary.LittleEndian.AppendUint16(head, wavSampleSize)
	head = binary.LittleEndian.AppendUint16(head, 8*wavSampleSize)
	head = binary.LittleEndian.AppendUint32(append(head, "data"...), uint32(data))
	var tone []byte
	for i := range period {
		sample := int16(amplitude * math.Sin(2*math.Pi*float64(i)/period))
		tone = binary.LittleEndian.AppendUint16(tone, uint16(sample))
	}
	return &audio{contentType: "audio/wav", head: head, repeated: tone, size: int64(len(head)) + data}
}

// newMP3 returns an MP3 file without sound: frames of MPEG-1 layer III with 32 kbit/s, 32 kHz,
// and one channel. Each is 36 ms long.
func newMP3(length time.Duration) *audio {
	const size, duration = 144, 36 * time.Millisecond
	frame := make([]byte, size) // no side information and no data: silence
	copy(frame, "\xff\xfb\x18\xc0")
	frames := int64((length + duration - 1) / duration)
	return &audio{contentType: "audio/mpeg", repeated: frame, size: frames * size}
}

// Read implements io.Reader.
func (a *audio) Read(p []byte) (n int, err error) {
	if a.at >= a.size {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), a.size-a.at)]
	for n < len(p) {
		part := a.from(a.at)
		copied := copy(p[n:], part)
		n += copied
		a.at += int64(copied)
	}
	return n, nil
}

// from returns some of the bytes at an offset.
func (a *audio) from(offset int64) []byte {
	if offset < int64(len(a.head)) {
		return a.head[offset:]
	}
	return a.repeated[(offset-int64(len(a.head)))%int64(len(a.repeated)):]
}

// Seek implements io.Seeker.
func (a *audio) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += a.at
	case io.SeekEnd:
		offset += a.size
	}
	if offset < 0 {
		return 0, errors.New("ringcxtest: negative offset")
	}
	a.at = offset
	return offset, nil
}
