// Where glibc is older than 2.32 it lacks this flag, by which the standard library counts references without atomic
// operations while a process has one thread. Node's has several, so the answer is ours to give.
#include <cstdlib>  // any header of the C library says whether it is glibc

#if defined(__GLIBC__)
extern "C" {
extern char __libc_single_threaded;  // NOLINT(bugprone-reserved-identifier): glibc's name
char __libc_single_threaded = 0;     // NOLINT(bugprone-reserved-identifier)
}
#endif
