#pragma once

#include <cstddef>
#include <functional>

#include "parallel/job.h"

namespace denseam::parallel {

// The number of computing threads of the whole process. The pool starts them when they are first needed.
std::size_t threads();
void setThreads(std::size_t count);
// Sets the number unless it was set before: every thread that loads the package calls it.
void setDefaultThreads(std::size_t count);

// Runs the task on a pool thread, after those submitted before it have begun. It must not throw.
void submit(std::function<void()> task);

using Range = std::function<void(std::size_t begin, std::size_t end)>;

// Runs body over [0, count) in chunks of `grain`, handed out in order to whichever pool thread is free, and polls the
// job between chunks. May be called from a task or a body on a pool thread, which then works on the loop itself while
// idle ones help. The caller decides what a chunk is from the problem alone, never from the number of threads, so
// results do not depend on it. When bodies throw, the exception of the lowest chunk is rethrown here after all running
// chunks have ended.
void forEach(std::size_t count, std::size_t grain, const Job& job, const Range& body);

}  // namespace denseam::parallel
