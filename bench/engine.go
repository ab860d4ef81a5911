package main

import (
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

// fastPath is what the benchmark of the engine reports, in nanoseconds.
type fastPath struct{ floor, engine, ratio, allocs float64 }

// engineFastPath runs the benchmark inside package ringcx, which alone can reach
// the engine, on 1 and on cpus processors.
func engineFastPath(root string, cpus int) (map[int]fastPath, error) {
	cmd := exec.Command("go", "test", "-run", "^$", "-bench", "^BenchmarkFastPath$", "-benchtime", fmt.Sprint(2*tokenRounds, "x"),
		"-cpu", fmt.Sprint("1,", cpus), "./ringcx")
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	return parseFastPath(string(out))
}

var benchmarkLine = regexp.MustCompile(`(?m)^BenchmarkFastPath(?:-(\d+))?\s+\d+\s+(.*)$`)

// parseFastPath reads the lines of the benchmark, by the number of processors.
func parseFastPath(output string) (map[int]fastPath, error) {
	found := map[int]fastPath{}
	for _, m := range benchmarkLine.FindAllStringSubmatch(output, -1) {
		cpus, err := strconv.Atoi("0" + m[1])
		if err != nil {
			return nil, err
		}
		values := map[string]float64{}
		fields := strings.Fields(m[2])
		for i := 0; i+1 < len(fields); i += 2 {
			if values[fields[i+1]], err = strconv.ParseFloat(fields[i], 64); err != nil {
				return nil, err
			}
		}
		found[max(cpus, 1)] = fastPath{values["floor-ns"], values["engine-ns"], values["ratio"], values["engine-allocs"]}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no benchmark in:\n%s", output)
	}
	return found, nil
}
