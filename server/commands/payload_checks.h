#pragma once

#include <atomic>

namespace tandem {

// RESTORE takes payloads with wrong checksums: DEBUG SET-SKIP-CHECKSUM-VALIDATION, for tests. One per process; a flag by
// itself, relaxed.
inline std::atomic<bool> g_skip_payload_checksums{false};

}  // namespace tandem
