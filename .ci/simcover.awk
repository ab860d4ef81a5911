# Reads a coverage profile and prints the statements of package ringcx that it does not
# cover. The variable files lists files, such as breaker.go, and functions of a file, such
# as record.go:record.merge,record.session. Exits with status 1 if a statement is not covered
# or a name does not exist. It ignores the error branches after the generated request
# builders, whose arguments are always valid.
BEGIN {
	n = split(files, items, " ")
	for (i = 1; i <= n; i++) {
		colon = index(items[i], ":")
		name = colon ? substr(items[i], 1, colon - 1) : items[i]
		read(name)
		if (!colon) whole[name] = 1
		m = colon ? split(substr(items[i], colon + 1), functions, ",") : 0
		for (j = 1; j <= m; j++) {
			if (!((name, functions[j]) in declared)) missing(name ": " functions[j])
			wanted[name, functions[j]] = 1
		}
	}
}
# read stores the lines of a file, and for each line the function that it is in.
function read(name,    text, current) {
	while ((getline text < ("ringcx/" name)) > 0) {
		source[name, ++lines[name]] = text
		if (text ~ /^func /) {
			current = function_name(text)
			declared[name, current] = 1
		}
		inside[name, lines[name]] = current
	}
	if (!lines[name]) missing(name)
}
# function_name returns the name in the declaration of a function, or Type.name of a method.
function function_name(text,    receiver) {
	sub(/^func /, "", text)
	if (text ~ /^\(/) {
		receiver = text
		sub(/\).*/, "", receiver)
		sub(/.*[ *(]/, "", receiver)
		sub(/^[^)]*\) /, "", text)
		receiver = receiver "."
	}
	sub(/[\[(].*/, "", text)
	return receiver text
}
function missing(what) {
	print "ringcx/" what " does not exist: update SIMCOVERED in the Makefile"
	failed = 1
}
/\/ringcx\/[^\/]*\.go:/ {
	split($1, place, ":")
	parts = split(place[1], path, "/")
	name = path[parts]
	split(place[2], from, ".")
	selected = (name in whole) || ((name, inside[name, from[1]]) in wanted)
	if (!selected || $3 > 0 || source[name, from[1] - 1] ~ /gen\.New/) next
	printf "ringcx/%s:%d is not covered: %s\n", name, from[1], source[name, from[1]]
	failed = 1
}
END { exit failed }
