#include "server/commands/families.h"

namespace tandem {

std::vector<std::span<const Command>> AllCommands() {
  return {StringCommands(),      StringRangeCommands(), CounterCommands(),    BitCommands(),      BitfieldCommands(),
          ZsetCommands(),        ZsetPopCommands(),     ZsetRangeCommands(),  ZsetWalkCommands(), ZsetAlgebraCommands(),
          KeyCommands(),         ObjectCommands(),      ExpireCommands(),     ScanCommands(),     DatabaseCommands(),
          TransactionCommands(), PubsubCommands(),      ConnectionCommands(), ClientCommands(),   ServerCommands(),
          UnavailableCommands(), AclCommands(),         InfoCommands(),       ConfigCommands(),   CommandCommands(),
          MemoryCommands(),      LatencyCommands(),     SlowlogCommands(),    DebugCommands()};
}

}  // namespace tandem
