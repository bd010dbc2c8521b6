#include <algorithm>
#include <cstddef>

// The only Fortran run-time function that a static LAPACK calls. That library's own archive cannot go into a shared
// object (its thread-local storage is laid out for executables), and shipping it beside the addon for this would be out
// of proportion. Fortran's //: `a` then `b` into `text`, cut or padded with blanks to its length.
extern "C" void _gfortran_concat_string(std::size_t length, char* text, std::size_t lengthA, const char* a,
                                        std::size_t lengthB, const char* b) {
  const std::size_t head = std::min(length, lengthA);
  const std::size_t tail = std::min(length - head, lengthB);
  std::fill(std::copy_n(b, tail, std::copy_n(a, head, text)), text + length, ' ');
}
