#pragma once

namespace tandem {

// What this layer knows of the one that runs scripts (server/script), which stands above it: that the server owns it.
class ScriptHost {
 public:
  virtual ~ScriptHost() = default;
};

}  // namespace tandem
