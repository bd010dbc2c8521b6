#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>

namespace denseam {

// The purpose of a random stream: streams of different purposes differ, also for the same seed.
enum class Purpose : std::uint64_t {
  kBasis = 1,
  kSphere = 2,
  kPerturbation = 3,
  kCombination = 4,
  kMemory = 5,
  kShuffle = 6,
  kDirection = 7,
  kSplitRows = 8,
  kUniform = 16,
  kVonMisesFisher = 17,
  kTeacher = 18,
};

// One random stream for every item of a call, so that the numbers depend neither on the thread nor on the order of the
// draws: xoshiro256++ (Blackman and Vigna 2021), its state made from (seed, purpose, item) by SplitMix64 (Steele, Lea
// and Flood 2014).
class RandomStream {
 public:
  RandomStream(std::uint64_t seed, Purpose purpose, std::size_t item) {
    std::uint64_t key = mix(mix(mix(seed) ^ static_cast<std::uint64_t>(purpose)) ^ static_cast<std::uint64_t>(item));
    for (std::uint64_t& word : state_) word = mix(key += kGolden);
  }

  // Uniform on [0, 1), a multiple of 2^-53.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

  // Standard normal: ratio of uniforms (Kinderman and Monahan 1977) with Leva's quick tests (1992).
  double normal() {
    for (;;) {
      const double u = 1 - uniform();
      const double v = 1.7156 * (uniform() - 0.5);
      const double x = u - 0.449871;
      const double y = std::abs(v) + 0.386595;
      const double q = x * x + y * (0.196 * y - 0.25472 * x);
      if (q < 0.27597 || (q <= 0.27846 && v * v <= -4 * u * u * std::log(u))) return v / u;
    }
  }

  void normals(std::span<double> values) {
    for (double& value : values) value = normal();
  }

  // A vector of this length in a uniformly random direction.
  void onSphere(double length, std::span<double> vector) {
    double norm = 0;
    while (norm == 0) {
      normals(vector);
      norm = std::sqrt(std::inner_product(vector.begin(), vector.end(), vector.begin(), 0.0));
    }
    for (double& x : vector) x *= length / norm;
  }

 private:
  static constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15;

  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  std::array<std::uint64_t, 4> state_;
};

}  // namespace denseam
