#!/bin/sh
# Starts @command@: finds the installation and a Java of 17 or newer, and hands over.
self=$0
while [ -h "$self" ]; do
  link=$(readlink "$self")
  case $link in
    /*) self=$link ;;
    *) self=${self%/*}/$link ;;
  esac
done
case $self in
  */*) ;;
  *) self=$(command -v -- "$self") ;;
esac
home=$(cd -P -- "${self%/*}/.." && pwd) || exit 1

# doctor has more to say than that there is no Java.
no_java() {
  remedy='install Java 17 or newer, or set RIBONNX_JAVA'
  if [ "@command@ ${1:-}" = 'ribonnx doctor' ] && [ -r "$home/lib/doctor-without-java" ]; then
    shift
    exec /bin/sh "$home/lib/doctor-without-java" "$home" "$finding" "$remedy" "$@"
  fi
  echo "@command@: $finding; $remedy" >&2
  exit 1
}

if [ -n "${RIBONNX_JAVA:-}" ]; then
  java=$RIBONNX_JAVA from=RIBONNX_JAVA
  [ -d "$java" ] && java=$java/bin/java
elif [ -x "$home/java/bin/java" ]; then
  java=$home/java/bin/java from=installation
elif [ -n "${JAVA_HOME:-}" ] && [ -x "$JAVA_HOME/bin/java" ]; then
  java=$JAVA_HOME/bin/java from=JAVA_HOME
else
  java=$(command -v java) from=PATH
fi
if [ -z "$java" ] || [ ! -x "$java" ]; then
  finding="no Java found${java:+ at $java}"
  no_java "$@"
fi
[ -h "$java" ] && java=$(readlink -f "$java")

# The version stands in a file of the Java installation; starting a JVM to ask would take longer than many runs.
version=
major=
if [ -r "${java%/bin/java}/release" ]; then
  while IFS= read -r line; do
    case $line in
      JAVA_VERSION=*) version=${line#*\"} version=${version%\"*} ;;
    esac
  done < "${java%/bin/java}/release"
  major=${version%%[!0-9]*}
  if [ -n "$major" ] && [ "$major" -lt 17 ]; then
    finding="$java is Java $version"
    no_java "$@"
  fi
fi

# A limit of the process, so that a graph can't ask for all of the machine. CUDA maps more than it uses, so there is one
# only where it is asked for.
memory=${RIBONNX_MEMORY:-}
[ -n "$memory" ] || [ -d "$home/native/cuda" ] || memory=64g
if [ -n "$memory" ]; then
  number=${memory%[gGmM]}
  case $memory in
    *[gG]) unit=1048576 ;;
    *[mM]) unit=1024 ;;
    *) number= ;;
  esac
  case $number in
    '' | *[!0-9]* | ??????????*)
      echo "@command@: RIBONNX_MEMORY is '$memory'; a size as 800m or 4g is expected" >&2
      exit 2 ;;
  esac
  # A lower limit that is there already stays.
  ulimit -d $((number * unit)) 2> /dev/null
fi

# An archive belongs to one Java; without the right one the JVM starts a little slower and says nothing.
archive=$home/lib/archive-$version.jsa
if [ -r "$archive" ]; then
  set -- -XX:SharedArchiveFile="$archive" @main@ "$@"
else
  set -- @main@ "$@"
fi
terminal=0
[ -t 2 ] && terminal=1
temporary=${TMPDIR:-/tmp}
# Newer Javas warn of a folder that is not there in a line of their own; the command says it better.
[ -d "$temporary" ] && set -- -Djava.io.tmpdir="$temporary" "$@"
# Newer Javas warn on standard error of libraries in C unless they are told to expect some.
natives=
[ "${major:-0}" -ge 24 ] && natives=--enable-native-access=ALL-UNNAMED

# File names are bytes: a UTF-8 locale without a language lets every one of them through. Two arenas keep glibc from
# holding memory for each thread.
export LC_ALL=C.UTF-8 MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"
# From 1.29 on, ONNX Runtime's own telemetry writes a device id below HOME and logs into TMPDIR, and would send them.
export ORT_DISABLE_TELEMETRY=1
# shellcheck disable=SC2086  # the options are words
exec "$java" -Xlog:disable '-Xlog:all=error,cds*=off:stderr' -XX:+UseSerialGC -XX:-UsePerfData -Xms16m -Xmx256m \
  -XX:MaxDirectMemorySize=4g @flags@ ${RIBONNX_JAVA_OPTS:-} $natives \
  -XX:ErrorFile="$temporary/ribonnx-crash-%p.log" -Dribonnx.java.from="$from" -Dribonnx.tmpdir="$temporary" -Dribonnx.home="$home" -Dribonnx.terminal="$terminal" \
  -cp "$home/lib/ribonnx-cli-@version@.jar" "$@"
