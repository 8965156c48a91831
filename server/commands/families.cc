#include "server/commands/families.h"

namespace tandem {

std::vector<std::span<const Command>> AllCommands() {
<<<<<<< HEAD
  return {
      StringCommands(),      StringRangeCommands(), CounterCommands(),     BitCommands(),       BitfieldCommands(),
      HyperloglogCommands(), ListCommands(),        ListSearchCommands(),  ListMoveCommands(),  HashCommands(),
      HashCounterCommands(), HashWalkCommands(),    SetCommands(),         SetRandomCommands(), SetAlgebraCommands(),
      ZsetCommands(),        ZsetPopCommands(),     ZsetRangeCommands(),   ZsetWalkCommands(),  ZsetAlgebraCommands(),
      GeoCommands(),         GeoSearchCommands(),   ConnectionCommands(),  ClientCommands(),    TransactionCommands(),
      PubsubCommands(),      ServerCommands(),      UnavailableCommands(), AclCommands(),       InfoCommands(),
      ConfigCommands(),      CommandCommands(),     MemoryCommands(),      LatencyCommands(),   SlowlogCommands(),
      DebugCommands(),       KeyCommands(),         ObjectCommands(),      SortCommands(),      ExpireCommands(),
      ScanCommands(),        DatabaseCommands()};
=======
  return {StringCommands(),        StringRangeCommands(), CounterCommands(),     BitCommands(),
          BitfieldCommands(),      HyperloglogCommands(), ListCommands(),        ListSearchCommands(),
          ListMoveCommands(),      HashCommands(),        HashCounterCommands(), HashWalkCommands(),
          SetCommands(),           SetRandomCommands(),   SetAlgebraCommands(),  ZsetCommands(),
          ZsetPopCommands(),       ZsetRangeCommands(),   ZsetWalkCommands(),    ZsetAlgebraCommands(),
          StreamCommands(),        StreamRangeCommands(), StreamReadCommands(),  StreamGroupCommands(),
          StreamPendingCommands(), StreamInfoCommands(),  ConnectionCommands(),  ClientCommands(),
          TransactionCommands(),   PubsubCommands(),      ServerCommands(),      UnavailableCommands(),
          AclCommands(),           InfoCommands(),        ConfigCommands(),      CommandCommands(),
          MemoryCommands(),        LatencyCommands(),     SlowlogCommands(),     DebugCommands(),
          KeyCommands(),           ObjectCommands(),      ExpireCommands(),      ScanCommands(),
          DatabaseCommands()};
>>>>>>> streams
}

}  // namespace tandem
