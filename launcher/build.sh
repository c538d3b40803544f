# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Makes target/dist, the program as it is installed:
#
#   bin/nanorouter      runs it, builds nothing; beside it nk, and nk-msg, a link to it
#   include/            headers of the C library, which is native/libnk.a
#   libexec/            what bin/nanorouter needs, and archive, which fills cds/
#   wireshark/          nanorouter-extcap and nanorouter.lua, to be linked into Wireshark's folders
#   lib/  lib/bench/    jars
#   native/             libnkshim.so, nk-agent, nk-cell, nk-keeper, nk-aside, nk-ports, nk-traffic, nk-probe, nk-bench, the
#                       libraries of JNA and Netty
#   cds/                one class data archive per Java, for a quick start
#   config/  systemd/   examples, alert rules, a dashboard, units
#   built               its time: what is newer in the source tree asks for a build

# shellcheck source=launcher/setup.sh
. "$source_dir/launcher/setup.sh"

build() {
  # A cell that root makes has uids of its own, which must be able to read what was built.
  umask 022
  mkdir -p "$source_dir/target"
  exec {build_lock}> "$source_dir/target/build.lock"
  flock -n "$build_lock" || { say 'waiting for another build'; flock "$build_lock"; }
  if [[ -e $dist/built && -z $(changed_file) ]]; then
    exec {build_lock}>&-
    return
  fi
  require find_missing_for_build
  [[ -e $dist/built ]] || say 'first use: building; later calls start at once'
  touch "$source_dir/target/build.begin"
  maven_is_there
  step 'compiling' maven -DskipTests -Dmaven.test.skip=true -Dcheckstyle.skip -pl bench -am package || exit 70
  lay_out
  # They no longer fit the jars.
  rm -rf "$dist/cds"
  NANOROUTER_JAVA_HOME=$java_home step "preparing a quick start on Java $java_feature" "$dist/libexec/archive" ||
    say 'going on without it'
  mv "$source_dir/target/build.begin" "$dist/built"
  exec {build_lock}>&-
}

# Prefers the pinned Maven; where it cannot be fetched, one that is installed will do.
maven_is_there() {
  if compgen -G "${MAVEN_USER_HOME:-$HOME/.m2}/wrapper/dists/apache-maven-*/*/bin/mvn" > /dev/null &&
      pinned_maven -v > /dev/null 2>&1; then
    maven_command=pinned_maven
  elif step 'fetching Maven' pinned_maven -v; then
    maven_command=pinned_maven
  elif type -P mvn > /dev/null; then
    say "using $(type -P mvn) in its place"
    maven_command=mvn
  else
    exit 69
  fi
}

pinned_maven() {
  JAVA_HOME=$java_home "$source_dir/mvnw" "$@"
}

maven() {
  (cd "$source_dir" && JAVA_HOME=$java_home "$maven_command" -B "$@")
}

# Lays the program out anew beside the present one, then moves over what differs, file by file: a program that
# runs keeps the files it has open, and cells keep the folder that they have mounted.
lay_out() {
  local stage=$source_dir/target/stage lib=$source_dir/target/stage/lib machine file
  machine=$(uname -m)
  rm -rf "$stage"
  mkdir -p "$stage"/{bin,include,libexec,lib/bench,native,config,systemd}
  copy_jars router "$lib"
  copy_jars bench "$lib/bench"
  for file in "$lib"/*.jar; do
    rm -f "$lib/bench/${file##*/}"
  done
  cp "$source_dir"/native-shim/target/native/{libnkshim.so,libnk.a,nk-{agent,cell,keeper,aside,ports,traffic,probe,bench}} \
    "$stage/native"
  cp "$source_dir"/native-shim/target/native/nk "$stage/bin"
  cp "$source_dir"/native-shim/src/main/c/include/*.h "$stage/include"
  unzip -qoj "$lib"/jna-[0-9]*.jar "com/sun/jna/linux-${machine/_/-}/libjnidispatch.so" -d "$stage/native"
  unzip -qoj "$lib"/netty-transport-native-epoll-*-linux-"${machine/aarch/aarch_}".jar 'META-INF/native/*.so' \
    -d "$stage/native"
  rm -f "$lib"/netty-transport-native-epoll-*-linux-*.jar
  cp "$source_dir"/launcher/{java.sh,archive} "$stage/libexec"
  cp -r "$source_dir"/launcher/wireshark "$stage"
  cp "$source_dir"/launcher/nanorouter "$stage/bin"
  cp "$source_dir"/config/{*.toml,alerts.yml,grafana-dashboard.json} "$stage/config"
  cp -r "$source_dir"/systemd/. "$stage/systemd"
  cp "$source_dir"/{README.md,LICENSE} "$stage"
  chmod -R a+rX "$stage"
  replace_changed "$stage" "$dist"
  ln -sfn nk "$dist/bin/nk-msg"
  rm -rf "$stage"
}

# copy_jars MODULE FOLDER: the module's own jar and what its pom.xml asks for at run time.
copy_jars() {
  local -a jars
  IFS=: read -r -a jars < "$source_dir/$1/target/classpath" || true
  cp "$source_dir/$1/target/$1"-*.jar "${jars[@]}" "$2"
}

# replace_changed FROM TO: TO becomes like FROM; what is the same is not touched, and cds/ and 'built' stay.
replace_changed() {
  local file
  mkdir -p "$2"
  while IFS= read -r -d '' file; do
    [[ -e $1/$file ]] || rm "$2/$file"
  done < <(cd "$2" && find . -mindepth 2 -type f -not -path './cds/*' -print0)
  while IFS= read -r -d '' file; do
    cmp -s "$1/$file" "$2/$file" && continue
    mkdir -p "$2/${file%/*}"
    mv "$1/$file" "$2/$file.new"
    mv "$2/$file.new" "$2/$file"
  done < <(cd "$1" && find . -type f -print0)
}
