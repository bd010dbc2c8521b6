#pragma once

// A function marked DENSEAM_DISPATCH is compiled once for each of these instruction sets, and the version for the CPU
// is chosen when the library loads; functions that it calls must be marked DENSEAM_INLINE to be compiled with it.
// Other formats have no ifunc, and ThreadSanitizer instruments the choice itself, which comes before it is ready.
#if defined(__x86_64__) && defined(__ELF__) && !defined(__SANITIZE_THREAD__)
#define DENSEAM_DISPATCH __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#elif defined(__aarch64__) && defined(__GNUC__) && !defined(__clang__)
// One version, and GCC may fuse products and sums in it, as it does for x86-64-v3; CMakeLists.txt forbids it elsewhere.
#define DENSEAM_DISPATCH __attribute__((optimize("fp-contract=fast")))
#else
#define DENSEAM_DISPATCH
#endif
#define DENSEAM_INLINE inline __attribute__((always_inline))
