#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "parallel/job.h"

// Random points of the unit sphere of R^N: von Mises-Fisher distributions about memories, the uniform distribution, and
// mixtures of them with classes, the teacher of Thériault and Tantari (2025, section 2.2).
namespace denseam::sphere {

// The parts of a teacher as a caller gave them, and their names in errors.
struct TeacherSource {
  std::size_t dimension = 0;
  std::size_t classes = 0;
  double kappa = 0;
  std::vector<double> memories;  // P x N
  std::vector<double> weights;   // (P + 1) x classes: row 0 is the uniform distribution
  std::string memoriesName;
  bool singleMemory = false;  // errors do not count memories
  std::string weightsName;
};

struct Teacher {
  std::size_t dimension = 0;
  std::size_t classes = 0;
  double kappa = 0;
  std::vector<double> memories;    // of length 1 to rounding
  std::vector<double> cumulative;  // sums of the weights up to each, row by row
};

// Throws unless memories have length 1 (to 5e-5) and weights are probabilities that sum to 1 (to 1e-5).
Teacher makeTeacher(TeacherSource source);

struct TeacherSample {
  std::vector<double> values;        // count x N
  std::vector<std::int32_t> labels;  // the column of the weights
  std::vector<std::int32_t> hidden;  // the row
};

// Points `first` to `first + count` of a sample; every point has a random stream of its own.
TeacherSample sample(const Teacher& teacher, Purpose purpose, std::size_t first, std::size_t count, std::uint64_t seed,
                     Job& job);

}  // namespace denseam::sphere
