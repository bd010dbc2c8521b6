#pragma once

namespace denseam {

// Whether this is an instrumented build, for `npm run stress`. Sanitizers follow the blocks of their own allocator from
// end to end, until they are freed: memory is then neither rounded up nor kept for later.
#ifdef DENSEAM_SANITIZE
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace denseam
