/**
 * The launcher: outlives the agent, and notes in its directory who it is, and how and when the program ended. Nobody waits for it.
 * `launch.sh <directory> <seconds until the backstop> <entry script> <command …>`; noclobber lets one launcher into a directory, ever.
 * The backstop opens the program's output in a subshell, for a shell that says "Killed" of it must not say so in the program's words.
 */
export const launchScript = `set -Cu
umask 077
cd "$1" || exit 96
limit=$2
shift 2
identity() { echo "$1 \${22}"; }
read -r stat < /proc/self/stat
identity $stat > launcher || exit 95
(exec /usr/bin/timeout -s KILL "$limit" /bin/sh "$@" >> stdout 2>> stderr 7>> begun)
code=$?
read -r uptime rest < /proc/uptime
echo "$code $uptime" > exit
`;

/**
 * Between launcher and sandbox, still with the agent's rights: joins the control groups, opens what the sandboxed user could
 * not, forgets its environment (the first process of a sandbox shows its own to the program), and becomes the sandbox. What the
 * sandbox is told comes on descriptor 9, a file in memory that the launcher was given: the program's own environment is in it.
 */
export const entryScript = `set -u
unset ORRERY_RUN_DIR PWD OLDPWD
while read -r group; do echo 0 > "$group" || exit 97; done < groups
exec "$@" 3< ../../etc/seccomp 4< ../../etc/passwd 5< ../../etc/group 6< ../../etc/hosts 8< program.tar
`;

/** The files of the program cannot be laid out: on any machine, however often it is tried. */
export const unpackingFailed = 98;

/**
 * The first of the program's own processes: takes its limits, unpacks the program, notes that it begins, and becomes it.
 * dash calls the number of processes -p, others -u. None of the descriptors is left to the program.
 */
export const insideScript = `set -eu
ulimit -c 0
ulimit -n "$1"
ulimit -f "$2"
ulimit -p "$3" 2> /dev/null || ulimit -u "$3"
[ "$4" = 0 ] || ulimit -v "$4"
shift 4
tar --extract --no-same-owner --no-same-permissions --file - <&8 || exit ${unpackingFailed}
read -r uptime rest < /proc/uptime
echo "$uptime" >&7
exec "$@" 7>&- 8<&-
`;

/** In place of a sandbox, where an operator wants none: a directory of its own is all the program gets, and its environment. */
export const unsandboxedScript = `. /proc/self/fd/9 && exec 9<&- && mkdir work && cd work && export HOME="$PWD" && exec "$@"
`;

/** Files of `etc` that every sandbox shares. */
export const etcFiles: Readonly<Record<string, string>> = {
  passwd: 'nobody:x:65534:65534:nobody:/work:/usr/sbin/nologin\n',
  group: 'nogroup:x:65534:\n',
  hosts: '127.0.0.1 localhost orrery\n::1 localhost\n',
};
