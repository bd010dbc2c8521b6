#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "euclidean/codes.h"
#include "euclidean/rows.h"
#include "memory/memory.h"
#include "parallel/job.h"

// Codes as a file keeps them: a record for each row, its numbers and its note, whose bytes pass for float32 numbers;
// and the code book in float64. Bits are kept, and never read as numbers of that type. A record from a file is believed
// only if it holds what bounds need: then no file, damaged or forged, changes what a search finds.
namespace denseam::euclidean {

IndexShape savedShape(std::size_t width);

std::vector<double> savedBook(const CodeBook& book);
// Throws where the numbers are no code book of rows of this width.
std::shared_ptr<const CodeBook> readBook(std::size_t width, const std::vector<double>& numbers);

template <typename T>
std::vector<float> savedRecords(const Codes<T>& codes, std::size_t first, std::size_t count);
// Appends the records of the last items among the rows. Throws where one does not bound its row.
template <typename T>
void appendRecords(const Rows<T>& rows, const Items& items, Codes<T>& codes, Job& job);

}  // namespace denseam::euclidean
