#!/bin/sh
# What `ribonnx doctor` can say where no fitting Java is found: doctor-without-java HOME FINDING REMEDY [OPTION…]. The
# same lines and JSON as the command itself, without what needs a Java.
home=$1 finding=$2 remedy=$3
shift 3
json=
for option; do
  case $option in
    --json) json=1 ;;
    --quiet | --verbose) ;;
    --help | -h)
      echo "Usage: ribonnx doctor [--json]; more when a Java of 17 or newer is found"
      exit 0 ;;
    *)
      echo "ribonnx doctor: Unknown option: '$option'; see --help" >&2
      exit 2 ;;
  esac
done

quoted() { printf '%s' "$1" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' | tr '\n\t' '  ' | tr -d '\000-\037'; }

separator=
# verdict, check, finding, remedy
say() {
  if [ -z "$json" ]; then
    printf '%-4s  %-24s %s%s\n' "$1" "$2" "$3" "${4:+; $4}"
    return
  fi
  printf '%s\n    {\n      "check" : "%s",\n      "verdict" : "%s",\n      "finding" : "%s",\n' \
    "$separator" "$2" "$1" "$(quoted "$3")"
  if [ -n "$4" ]; then
    printf '      "remedy" : "%s"\n    }' "$(quoted "$4")"
  else
    printf '      "remedy" : null\n    }'
  fi
  separator=,
}

[ -z "$json" ] ||
  printf '{\n  "schema" : 1,\n  "version" : "@version@",\n  "verdict" : "fail",\n  "checks" : ['
say fail Java "$finding" "$remedy"
say ok installation "$home" ''
if [ -r "$home/native/cpu/libonnxruntime.so" ]; then
  say ok 'ONNX Runtime' "$home/native/cpu/libonnxruntime.so is there; not loaded, since there is no Java" ''
else
  say fail 'ONNX Runtime' "$home/native/cpu/libonnxruntime.so: the native library is missing" 'install Ribonnx again'
fi
folder=${TMPDIR:-/tmp}
probe=$folder/ribonnx-doctor-$$
if (umask 077 && set -C && head -c 1048576 /dev/zero > "$probe") 2> /dev/null; then
  say ok 'temporary files' "$folder" ''
else
  say fail 'temporary files' "$folder: cannot be written, or is full" 'set TMPDIR to a folder with space'
fi
rm -f "$probe"
for name in RIBONNX_MODELS RIBONNX_MODELS_ONLY RIBONNX_DEVICE RIBONNX_THREADS RIBONNX_MEMORY RIBONNX_JAVA RIBONNX_JAVA_OPTS JAVA_HOME TMPDIR; do
  eval "value=\${$name-} set=\${$name+1}"
  # shellcheck disable=SC2154  # both are set by eval
  [ -z "$set" ] || say ok "$name" "'$value' from the environment" ''
done
[ -z "$json" ] || printf '\n  ]\n}\n'
exit 1
