#!/usr/bin/env bash
# GCC's AddressSanitizer beside -fstack-protector-strong gives variables that need 64 bytes of alignment 32, where frames are kept after a return.
#
# Versions: g++-12 12.2.0-14+deb12u1 on Debian 12 for x86-64, with the binutils, C headers and libraries for GCC that g++ of that release brings.
# Behaviour: alignof(Wide) is 64. With -fsanitize=address and ASAN_OPTIONS=detect_stack_use_after_return=1 its address modulo 64 is 0, with
#   -fstack-protector-strong too it is 32. UBSan then reports a misaligned access in correct code, and aligned vector instructions would fault.
#   Without that option of the runtime, or with -fno-stack-protector, it is 0.
# Output seen:
#   g++ 12.2.0: no protector 0, detected 0; protector 0, detected 32
# Exits with 1 when that changes.
set -euo pipefail

script=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

version=12.2.0-14+deb12u1
for name in g++-12 gcc-12 cpp-12 libstdc++-12-dev libgcc-12-dev libasan8; do
  apt-get download --quiet "$name=$version" > download 2>&1 || { cat download; exit 1; }
done
for package in *.deb; do dpkg --extract "$package" .; done
export LD_LIBRARY_PATH=$folder/usr/lib/x86_64-linux-gnu

cat > program.cc <<'PROGRAM'
#include <cstdint>
#include <cstdio>

struct alignas(64) Wide {
  double values[16];
};

__attribute__((noinline)) void print(Wide* wide) {
  asm volatile("" : : "r"(wide) : "memory");
  std::printf("%d", static_cast<int>(reinterpret_cast<std::uintptr_t>(wide) % 64));
}

__attribute__((noinline)) void useOne() {
  Wide wide;
  print(&wide);
}

int main() { useOne(); }
PROGRAM

run() {
  ./usr/bin/g++-12 -w -O1 -fsanitize=address "$1" program.cc -o program
  echo "$(ASAN_OPTIONS=detect_stack_use_after_return=0 ./program), detected $(ASAN_OPTIONS=detect_stack_use_after_return=1 ./program)"
}

echo "g++ $(./usr/bin/g++-12 -dumpfullversion): no protector $(run -fno-stack-protector); protector $(run -fstack-protector-strong)" | tee seen

sed -n 's/^#   \(g++ [0-9]\)/\1/p' "$script" > expected
if ! diff expected seen; then
  echo 'The behaviour has changed.'
  exit 1
fi
