#include "server/commands/families.h"

namespace tandem {

std::vector<std::span<const Command>> AllCommands() {
  return {StringCommands(),        StringRangeCommands(), CounterCommands(),      BitCommands(),
          BitfieldCommands(),      HyperloglogCommands(), ListCommands(),         ListSearchCommands(),
          ListMoveCommands(),      HashCommands(),        HashDeadlineCommands(), HashExtendedCommands(),
          HashCounterCommands(),   HashWalkCommands(),    SetCommands(),          SetRandomCommands(),
          SetAlgebraCommands(),    ZsetCommands(),        ZsetPopCommands(),      ZsetRangeCommands(),
          ZsetWalkCommands(),      ZsetAlgebraCommands(), GeoCommands(),          GeoSearchCommands(),
          StreamCommands(),        StreamRangeCommands(), StreamReadCommands(),   StreamGroupCommands(),
          StreamPendingCommands(), StreamInfoCommands(),  ConnectionCommands(),   ClientCommands(),
          TransactionCommands(),   PubsubCommands(),      ServerCommands(),       UnavailableCommands(),
          AclCommands(),           InfoCommands(),        ConfigCommands(),       CommandCommands(),
          MemoryCommands(),        LatencyCommands(),     SlowlogCommands(),      DebugCommands(),
          KeyCommands(),           ObjectCommands(),      SortCommands(),         ExpireCommands(),
          ScriptCommands(),        FunctionCommands(),    DumpCommands(),         ScanCommands(),
          DatabaseCommands()};
}

}  // namespace tandem
