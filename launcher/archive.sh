# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Class data archives (Java's AppCDS): the program starts in about half the time with one. An archive serves one
# build of Java and one place of the jars; where it does not fit, Java starts without it.

# make_archive HOME: for the Java that find_java found, in place of all others, which no longer fit the jars. Made by
# G1, since no other collector writes the JDK's start-up objects into an archive; all of them read it.
make_archive() {
  local home=$1 archive=$1/cds/$java_build.jsa classes status=0
  local -a jars=("$home"/lib/*.jar "$home"/lib/bench/*.jar)
  local class_path
  printf -v class_path '%s:' "${jars[@]}"
  rm -rf "$home/cds"
  mkdir -p "$home/cds"
  classes=$(mktemp)
  list_classes "$home" "$classes"
  "$java_home/bin/java" "${java_options[@]}" -Xshare:dump -XX:+UseG1GC -XX:SharedClassListFile="$classes" \
    -XX:SharedArchiveFile="$archive.new" -Xlog:disable -Xlog:all=error:stderr -cp "${class_path%:}" &&
    mv "$archive.new" "$archive" || status=1
  rm -f "$classes"
  return "$status"
}

# The classes of the JDK's own list, those that a few real calls load, and all of the daemons' jars.
list_classes() {
  local home=$1 classes=$2 jar call
  {
    cat "$java_home/lib/classlist"
    for call in --help --version 'status -j'; do
      # shellcheck disable=SC2086
      NANOROUTER_JAVA_OPTIONS="-Xshare:auto -XX:DumpLoadedClassList=$classes.call" NANOROUTER_RUN=/nonexistent \
        NANOROUTER_JAVA_HOME=$java_home "$home/bin/nanorouter" $call > /dev/null 2>&1 || true
      cat "$classes.call"
      rm -f "$classes.call"
    done
    for jar in "$home"/lib/{native-shim,nanokernel-sim,router,jna,netty-*,tomlj,antlr4-runtime,slf4j-*}-[0-9]*.jar; do
      unzip -Z1 "$jar" '*.class' | sed -n '/^META-INF\|-info\.class$/!s/\.class$//p'
    done
  } | sed 's/ id: [0-9]*$//' | awk '!/ / || /^@/ { if (!seen[$0]++) print }' > "$classes"
}
