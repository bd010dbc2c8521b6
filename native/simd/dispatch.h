#pragma once

// A function marked DENSEAM_DISPATCH is compiled once for each of these instruction sets, and the version for the CPU
// is chosen when the library loads; functions that it calls must be marked DENSEAM_INLINE to be compiled with it.
#if defined(__x86_64__) && defined(__ELF__)  // other formats have no ifunc
#define DENSEAM_DISPATCH __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define DENSEAM_DISPATCH
#endif
#define DENSEAM_INLINE inline __attribute__((always_inline))
