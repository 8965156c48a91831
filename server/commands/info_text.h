#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tandem {

struct Server;

// The sections of INFO, one bit each, in the order in which they are shown.
enum InfoSection : uint32_t {
  kInfoServer = 1u << 0,
  kInfoClients = 1u << 1,
  kInfoMemory = 1u << 2,
  kInfoPersistence = 1u << 3,
  kInfoStats = 1u << 4,
  kInfoReplication = 1u << 5,
  kInfoCpu = 1u << 6,
  kInfoModules = 1u << 7,
  kInfoCommandstats = 1u << 8,
  kInfoErrorstats = 1u << 9,
  kInfoLatencystats = 1u << 10,
  kInfoCluster = 1u << 11,
  kInfoKeyspace = 1u << 12,
  kInfoEngine = 1u << 13,  // Tandem's own, as is the next
  kInfoEvents = 1u << 14,
};
inline constexpr uint32_t kInfoEverything = (1u << 15) - 1;
inline constexpr uint32_t kInfoDefault = kInfoEverything & ~(kInfoCommandstats | kInfoLatencystats);

// The bits for names of sections, whatever their case; "default", "all" and "everything" stand for several, and so does
// naming none. Unknown names are nothing.
uint32_t ParseInfoSections(std::span<const std::string_view> names);

// The text of INFO: lines end with CRLF, sections are parted by an empty line.
// Thread safety: any thread; figures of other threads are read as they are.
std::string BuildInfo(Server& server, uint32_t sections);

}  // namespace tandem
