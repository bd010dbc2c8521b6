#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "euclidean/code_dots.h"
#include "euclidean/rows.h"
#include "memory/store.h"
#include "parallel/job.h"

// Codes of rows and queries with 8 bits a number, and certified bounds on distances from them. With a centre c and
// scales t shared by all rows, a row x_i has a scale a_i and whole numbers k_ij, a query q a scale b and numbers m_j:
//
//     x^_i = c + a_i t o k_i      q^ = c + b m / t      |x^_i - q^|^2 = |x^_i - c|^2 + |q^ - c|^2 - 2 a_i b sum_j k_ij
//     m_j
//
// The sum is exact. With the errors rho = |x - x^| of both codes, the distance |x_i - q| is within rho_i + rho_q of
// |x^_i - q^|. Lengths are in a unit of the codes' own, a power of two, so that single precision holds them.
//
// Coordinates come in descending order of their scales. The first quarter of them, the prefix, lies apart from the
// rest: of a row p + r and a query p' + r' the prefixes p and the lengths of the rests tell that
// |x^ - q^|^2 >= |p - p'|^2 + (|r| - |r'|)^2.
namespace denseam::euclidean {

struct CodeNote {
  float scale;   // a
  float error;   // rho, rounded up
  float prefix;  // |p|^2
  float rest;    // |r|
};

// What codes of rows share.
struct CodeBook {
  std::vector<std::uint32_t> order;  // of the coordinates; centre and scales are in this order
  std::vector<double> centre;
  std::vector<double> scales;  // t, in units
  double unit = 1;
  std::size_t rows = 0;  // how many there were when it was made
};

// A step of a query's high plane, in steps of the low one.
inline constexpr int kPlaneStep = 128;

// A query's code, padded like those of rows, and its note: one plane of 8 bits a number, or where that is too coarse
// two, m = 128 high + low.
struct QueryCode {
  struct Plane {
    std::vector<std::int8_t> codes;
    std::int32_t prefixSum = 0;  // of the prefix's numbers
    std::int32_t restSum = 0;
  };

  CodeNote note;  // the scale is b
  std::vector<Plane> planes;
};

// The number in single precision above x.
float roundedUp(double x);

// Whether codes of rows of this width pay.
bool canHaveCodes(std::size_t width);

// How far a row may be from the item that it stands for: its roots are rounded to the precision of the rows.
template <typename T>
double rounding(const Rows<T>& rows, std::size_t index);

template <typename T>
class Codes {
 public:
  explicit Codes(std::size_t width, std::shared_ptr<const CodeBook> book = nullptr);

  std::size_t size() const { return prefixes_.size(); }
  std::size_t bytes() const { return prefixes_.bytes() + rests_.bytes(); }
  double unit() const { return book_->unit; }
  // The same rows lie in blocks of the same number.
  const Store<std::uint8_t, CodeNote>& prefixes() const { return prefixes_; }
  const Store<std::uint8_t, NoNote>& rests() const { return rests_; }

  // Null while no row has a code.
  const std::shared_ptr<const CodeBook>& book() const { return book_; }

  // Appends codes of the next rows, prefixes and rests apart.
  void append(std::span<const std::uint8_t> prefixes, std::span<const std::uint8_t> rests,
              std::span<const CodeNote> notes);
  // Codes the rows that have no code yet; all of them anew where the memory has outgrown its code book.
  void complete(const Rows<T>& rows, Job& job);
  void remove(const std::vector<std::int32_t>& indices, const Job& job);

  QueryCode encode(const double* point) const;

 private:
  QueryCode encode(const double* point, std::size_t planes) const;
  void encodeNext(const Rows<T>& rows, std::size_t count, Job& job);

  std::shared_ptr<const CodeBook> book_;
  Store<std::uint8_t, CodeNote> prefixes_;
  Store<std::uint8_t, NoNote> rests_;
};

extern template double rounding(const Rows<float>&, std::size_t);
extern template double rounding(const Rows<double>&, std::size_t);
extern template class Codes<float>;
extern template class Codes<double>;

}  // namespace denseam::euclidean
