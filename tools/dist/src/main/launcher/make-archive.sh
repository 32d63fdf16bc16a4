#!/bin/sh
# Makes the class-data archive, which halves the start-up time, for the Java that will run the commands. Run it again
# after the installation was moved or Java was updated; without it everything works, a little slower.
set -eu
home=$(cd -P -- "${0%/*}/.." && pwd)
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
rm -f "$home"/lib/archive-*.jsa
version=$(RIBONNX_JAVA_OPTS="-XX:ArchiveClassesAtExit=$temporary/archive.jsa" \
  "$home/bin/ribonnx" train-archive --work "$temporary")
mv "$temporary/archive.jsa" "$home/lib/archive-$version.jsa"
