# Reads a coverage profile and prints the statements of the given files of package ringcx
# that it does not cover. Exits with status 1 if there are any. It ignores the error
# branches after the generated request builders, whose arguments are always valid.
BEGIN {
	n = split(files, names, " ")
	for (i = 1; i <= n; i++) {
		name = names[i]
		wanted[name] = 1
		while ((getline text < ("ringcx/" name)) > 0) source[name, ++lines[name]] = text
		if (!lines[name]) { print "ringcx/" name " does not exist: update SIMCOVERED in the Makefile"; failed = 1 }
	}
}
/\/ringcx\/[^\/]*\.go:/ {
	split($1, place, ":")
	parts = split(place[1], path, "/")
	name = path[parts]
	split(place[2], from, ".")
	if (!(name in wanted) || $3 > 0 || source[name, from[1] - 1] ~ /gen\.New/) next
	printf "ringcx/%s:%d is not covered: %s\n", name, from[1], source[name, from[1]]
	failed = 1
}
END { exit failed }
