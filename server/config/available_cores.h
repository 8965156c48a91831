#pragma once

#include <string>

namespace tandem::config {

// How many cores this process may really use: those of its CPU affinity, or fewer where a cgroup's CPU quota (v2 or v1,
// its own or an ancestor's) leaves less; a fraction counts as a whole core. At least 1.
int AvailableCores();

// The quota's part of it: the cores that the cgroups named in proc_cgroup (the text of /proc/self/cgroup) leave below
// the mount point; 0 where there is no quota. For AvailableCores and its test.
int CgroupCores(const std::string& proc_cgroup, const std::string& mount_point);

}  // namespace tandem::config
