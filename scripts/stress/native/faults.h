#pragma once

#include <string>

namespace denseam {

// Commits the fault of this name; instrumented builds alone have it. A sanitizer that does not report it is not there.
void commitFault(const std::string& name);

}  // namespace denseam
