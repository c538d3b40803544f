# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Finds what is missing on this machine. Root gets it installed; everybody else gets the one line to run.
# NANOROUTER_NO_INSTALL=1 installs nothing.

# shellcheck source=launcher/progress.sh
. "$source_dir/launcher/progress.sh"
# shellcheck source=launcher/java.sh
. "$source_dir/launcher/java.sh"

missing=()
packages=()

# need WHAT PACKAGE: WHAT is missing, and this Debian package has it.
need() {
  missing+=("$1")
  packages+=("$2")
}

# need_program NAME PACKAGE
need_program() {
  type -P "$1" > /dev/null || need "$1" "$2"
}

find_missing_for_build() {
  find_java build || need 'a JDK, 17 or later' default-jdk-headless
  need_program gcc gcc
  need_program make make
  need_header stdio.h libc6-dev
  need_header pcap/pcap.h libpcap-dev
  need_program ip iproute2
  need_program nsenter util-linux
  # The Maven wrapper's pinned checksum is that of the zip file.
  need_program unzip unzip
}

need_header() {
  local folder
  for folder in /usr/include /usr/include/"$(uname -m)"-linux-gnu /usr/local/include; do
    [[ -e $folder/$1 ]] && return
  done
  need "$1" "$2"
}

# What the demonstration uses. Only the servers can be missing: then it brings its own.
find_missing_for_demo() {
  need_program telnet inetutils-telnet
  need_program ftp inetutils-ftp
  need_program telnetd inetutils-telnetd
  need_program ftpd inetutils-ftpd
  need_program inetutils-inetd inetutils-inetd
  need_program ping iputils-ping
}

find_missing_for_bench() {
  need_program iperf3 iperf3
  need_program ping iputils-ping
}

find_missing_for_test() {
  find_missing_for_demo
  find_missing_for_bench
  need_program curl curl
  need_program lftp lftp
  need_program shellcheck shellcheck
  need_program systemd-analyze systemd
  # capinfos comes with it.
  need_program tshark tshark
  need_program tmux tmux
}

# What turns the models in verify/ into programs.
find_missing_for_verify() {
  need_program spin spin
  need_program gcc gcc
  need_header stdio.h libc6-dev
}

# require FIND_FUNCTION...: installs what they find missing, or ends the program with the line to run.
require() {
  look_for "$@"
  (( ${#packages[@]} == 0 )) && return
  if may_install; then
    install_packages
    look_for "$@"
    (( ${#packages[@]} == 0 )) && return
  fi
  printf 'nanorouter: missing: %s\n' "$(join "${missing[@]}")" >&2
  printf 'Run this, then try again:\n\n  sudo apt-get install -y %s\n\n' "${packages[*]}" >&2
  exit 69
}

# want_programs demo|bench: as require, but goes on without them.
want_programs() {
  look_for "find_missing_for_$1"
  (( ${#packages[@]} == 0 )) && return
  if may_install && install_packages; then
    return
  fi
  printf 'nanorouter: going on without %s; to have them: sudo apt-get install -y %s\n' \
    "$(join "${missing[@]}")" "${packages[*]}" >&2
}

look_for() {
  local find
  missing=()
  packages=()
  for find in "$@"; do
    "$find"
  done
}

may_install() {
  (( EUID == 0 )) && [[ -z ${NANOROUTER_NO_INSTALL-} ]] && type -P apt-get > /dev/null
}

install_packages() {
  local -a unique
  mapfile -t unique < <(printf '%s\n' "${packages[@]}" | sort -u)
  step "installing ${unique[*]}" apt_install "${unique[@]}" && return
  step 'reading the package lists' apt-get -qq update &&
    step "installing ${unique[*]}, again" apt_install "${unique[@]}"
}

apt_install() {
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 install -y --no-install-recommends "$@"
}

join() {
  local text
  printf -v text '%s, ' "$@"
  printf '%s' "${text%, }"
}
