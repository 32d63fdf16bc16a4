# Sourced by ./quickstart and ./verify: makes sure of a JDK (17 or newer) and Maven, or says in one line what to install.

has_jdk() {
  local javac=javac version
  [ -n "${JAVA_HOME:-}" ] && [ -x "$JAVA_HOME/bin/javac" ] && javac=$JAVA_HOME/bin/javac
  version=$("$javac" -version 2>&1) || return 1
  version=${version#javac }
  [ "${version%%[!0-9]*}" -ge 17 ] 2>/dev/null
}

missing=
has_jdk || missing="openjdk-17-jdk-headless"
command -v mvn >/dev/null || missing="$missing maven"
if [ -n "$missing" ]; then
  as_root=
  if [ "$(id -u)" != 0 ]; then
    as_root="sudo -n"
  fi
  if command -v apt-get >/dev/null && $as_root true 2>/dev/null; then
    echo "Installing from the system's packages: $missing"
    # shellcheck disable=SC2086  # a list of packages
    if ! { $as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq $missing; } >/dev/null; then
      echo "The packages could not be installed; install by hand: $missing" >&2
      exit 1
    fi
    unset JAVA_HOME
    has_jdk || { echo "No JDK of 17 or newer was found after the installation; set JAVA_HOME to one" >&2; exit 1; }
  else
    echo "Please install first: apt-get install $missing" >&2
    exit 1
  fi
fi
