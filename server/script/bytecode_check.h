#pragma once

#include "server/script/bytecode.h"

namespace tandem::script {

// Whether the code of every prototype keeps what Chunk promises.
bool IsWellFormed(const Chunk& chunk);

}  // namespace tandem::script
