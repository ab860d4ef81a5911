// Package servers starts PostgreSQL, MariaDB and Redis for tests, on free ports of the
// loopback interface. It finds their programs in PATH, and those of PostgreSQL also in
// /usr/lib/postgresql. As root it starts them under the user of their Debian package,
// because PostgreSQL does not run as root.
//
// If a server is not installed, the test is skipped. If RINGCX_REQUIRE_STORES is 1, it fails.
package servers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Kind is a kind of server.
type Kind string

// The kinds of servers.
const (
	PostgreSQL Kind = "PostgreSQL"
	MariaDB    Kind = "MariaDB"
	Redis      Kind = "Redis"
)

// The user, the database and the password of every server.
const (
	User     = "ringcx"
	Password = "secret-password"
)

// readyTimeout is how long a server may take to start or to stop.
const readyTimeout = time.Minute

// Server is a server that the package started, or that the environment names.
type Server struct {
	// URL is how a client connects: postgres://…, redis://…, or the data source name of
	// github.com/go-sql-driver/mysql.
	URL string
	// Addr is the host and the port. It is empty if the environment names the server.
	Addr string

	program program
	dir     string
	port    int
	args    []string
	cmd     *exec.Cmd
	exited  chan struct{} // closed when cmd has ended
}

// program knows how to use the programs of one kind of server.
type program struct {
	kind   Kind
	env    string // the variable with the URL of a server to be used instead
	user   string // of the Debian package
	server string // the name of the program
	stop   syscall.Signal
	url    func(addr string) string
	init   func(s *Server) error // creates the data directory
	args   func(s *Server) []string
	ping   func(ctx context.Context, url string) error
}

var shared struct {
	sync.Mutex
	servers map[Kind]*Server
}

// Main runs the tests of a package and stops the servers of Shared. Call it in TestMain.
func Main(m *testing.M) int {
	defer func() {
		shared.Lock()
		defer shared.Unlock()
		for _, s := range shared.servers {
			s.remove()
		}
	}()
	return m.Run()
}

// Shared returns the server that all tests of the package share. Tests must not stop it. If
// RINGCX_TEST_POSTGRES_URL, RINGCX_TEST_MARIADB_URL or RINGCX_TEST_REDIS_URL is set, it is
// the server of that URL.
func Shared(t testing.TB, kind Kind) *Server {
	t.Helper()
	if url := os.Getenv(programs[kind].env); url != "" {
		return &Server{URL: url}
	}
	shared.Lock()
	defer shared.Unlock()
	if s := shared.servers[kind]; s != nil {
		return s
	}
	s, err := create(kind)
	failOrSkip(t, err)
	if shared.servers == nil {
		shared.servers = map[Kind]*Server{}
	}
	shared.servers[kind] = s
	return s
}

// Start starts a server for one test, with more arguments of its command line. It ends with
// the test.
func Start(t testing.TB, kind Kind, args ...string) *Server {
	t.Helper()
	s, err := create(kind, args...)
	failOrSkip(t, err)
	t.Cleanup(s.remove)
	return s
}

// errNotInstalled is wrapped by the error for a server that is not installed.
var errNotInstalled = errors.New("not installed")

func failOrSkip(t testing.TB, err error) {
	t.Helper()
	switch {
	case err == nil:
	case errors.Is(err, errNotInstalled) && os.Getenv("RINGCX_REQUIRE_STORES") != "1":
		t.Skipf("skipped: %v; see stores/README.md", err)
	default:
		t.Fatal(err)
	}
}

// create creates the data directory of a server and starts it.
func create(kind Kind, args ...string) (*Server, error) {
	p := programs[kind]
	if _, err := find(p.server); err != nil {
		return nil, err
	}
	dir, err := makeDir(p.user)
	if err != nil {
		return nil, err
	}
	s := &Server{program: p, dir: dir, args: args}
	if p.init != nil {
		if err := p.init(s); err != nil {
			s.remove()
			return nil, err
		}
	}
	if s.port, err = freePort(); err != nil {
		s.remove()
		return nil, err
	}
	s.Addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port))
	s.URL = p.url(s.Addr)
	if err := s.Start(); err != nil {
		s.remove()
		return nil, err
	}
	return s, nil
}

// Start starts a server that Stop or Kill has ended, with the data that it had. It returns
// when the server accepts connections.
func (s *Server) Start() error {
	var err error
	// After a kill, the processes of PostgreSQL need a moment to end.
	for deadline := time.Now().Add(readyTimeout); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if err = s.launch(); err == nil {
			return nil
		}
	}
	return err
}

// launch starts the program once and waits until it accepts connections.
func (s *Server) launch() error {
	cmd, err := s.command(s.program.server, append(s.program.args(s), s.args...)...)
	if err != nil {
		return err
	}
	output, err := os.Create(filepath.Join(s.dir, "output"))
	if err != nil {
		return err
	}
	defer output.Close() //nolint:errcheck // the file is for the message of a failure
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Start(); err != nil {
		return err
	}
	s.cmd, s.exited = cmd, make(chan struct{})
	go func(exited chan struct{}) {
		_ = cmd.Wait()
		close(exited)
	}(s.exited)
	return s.waitReady()
}

func (s *Server) waitReady() error {
	deadline := time.Now().Add(readyTimeout)
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		err := s.program.ping(ctx, s.URL)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-s.exited:
			return fmt.Errorf("%s ended: %s", s.program.server, s.output())
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			s.Kill()
			return fmt.Errorf("%s is not ready: %w: %s", s.program.server, err, s.output())
		}
	}
}

// Stop shuts the server down and waits until it has ended.
func (s *Server) Stop() {
	if s.signal(s.program.stop) {
		return
	}
	s.Kill()
}

// Kill ends the server and its child processes without a shutdown (SIGKILL), and waits until
// it has ended. The children of PostgreSQL would serve their clients for a moment longer.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	children := childrenOf(s.cmd.Process.Pid)
	s.signal(syscall.SIGKILL)
	for _, child := range children {
		_ = child.Kill() // it may have ended
	}
}

// LimitFiles limits the size of the files that the server writes for connections from now on.
// It needs prlimit, which only Linux has.
func (s *Server) LimitFiles(bytes int) error {
	return s.run("prlimit", "--pid", strconv.Itoa(s.cmd.Process.Pid), "--fsize="+strconv.Itoa(bytes))
}

// signal reports whether the server ended.
func (s *Server) signal(sig syscall.Signal) bool {
	if s.cmd == nil {
		return true
	}
	_ = s.cmd.Process.Signal(sig)
	select {
	case <-s.exited:
		s.cmd = nil
		return true
	case <-time.After(readyTimeout):
		return false
	}
}

// remove stops the server and deletes its data.
func (s *Server) remove() {
	s.Stop()
	_ = os.RemoveAll(s.dir)
}

// output returns the last lines that the server wrote.
func (s *Server) output() string {
	text, _ := os.ReadFile(filepath.Join(s.dir, "output"))
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-8):], " | ")
}

// command returns a command that runs under the user of the server.
func (s *Server) command(name string, args ...string) (*exec.Cmd, error) {
	path, err := find(name)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path, args...)
	cmd.Dir = s.dir
	cmd.SysProcAttr, err = attributes(s.program.user)
	return cmd, err
}

// run runs a command under the user of the server until it ends.
func (s *Server) run(name string, args ...string) error {
	cmd, err := s.command(name, args...)
	if err != nil {
		return err
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}

// find returns the path of a program.
func find(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin/", "/usr/sbin/", "/usr/local/sbin/"} {
		matches, _ := filepath.Glob(pattern + name)
		if len(matches) > 0 {
			return matches[len(matches)-1], nil // the newest version
		}
	}
	return "", fmt.Errorf("%s is %w", name, errNotInstalled)
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close() //nolint:errcheck // the port is only looked up
	return l.Addr().(*net.TCPAddr).Port, nil
}
