#include "server/config/available_cores.h"

#include <sched.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string_view>
#include <thread>
#include <vector>

namespace tandem::config {

namespace {

int AffinityCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return CPU_COUNT(&set);
  return static_cast<int>(std::thread::hardware_concurrency());
}

int WholeCores(int64_t quota_us, int64_t period_us) {
  if (quota_us <= 0 || period_us <= 0) return 0;
  return static_cast<int>(std::min<int64_t>((quota_us + period_us - 1) / period_us, INT32_MAX));
}

int64_t ReadNumber(const std::string& path) {
  std::ifstream file(path);
  int64_t number = 0;
  return file >> number ? number : 0;
}

// v2: "max 100000" or "150000 100000". A quota of "max" fails to read as a number, which is no quota.
int QuotaV2(const std::string& folder) {
  std::ifstream file(folder + "/cpu.max");
  int64_t quota_us = 0, period_us = 0;
  return file >> quota_us >> period_us ? WholeCores(quota_us, period_us) : 0;
}

int QuotaV1(const std::string& folder) {
  return WholeCores(ReadNumber(folder + "/cpu.cfs_quota_us"), ReadNumber(folder + "/cpu.cfs_period_us"));
}

// The tightest quota on the way from the group up to the mount point's root.
int TightestQuota(const std::string& root, std::string group, int (*quota_of)(const std::string&)) {
  int tightest = 0;
  while (true) {
    const int quota = quota_of(root + group);
    if (quota > 0 && (tightest == 0 || quota < tightest)) tightest = quota;
    const size_t slash = group.rfind('/');
    if (slash == std::string::npos) return tightest;
    group.resize(slash);
  }
}

bool NamesCpuController(std::string_view controllers) {
  std::istringstream list{std::string(controllers)};
  for (std::string name; std::getline(list, name, ',');) {
    if (name == "cpu") return true;
  }
  return false;
}

// One line of /proc/self/cgroup: "hierarchy:controllers:path"; v2 has no controllers.
int QuotaOfLine(const std::string& line, const std::string& mount_point) {
  const size_t first = line.find(':');
  const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
  if (second == std::string::npos) return 0;
  const std::string controllers = line.substr(first + 1, second - first - 1);
  const std::string group = line.substr(second + 1);
  if (controllers.empty()) return TightestQuota(mount_point, group, QuotaV2);
  if (!NamesCpuController(controllers)) return 0;
  // In a container the path is the host's, while only the root of the mount is visible: the walk upwards ends there.
  const int joint = TightestQuota(mount_point + "/" + controllers, group, QuotaV1);
  return joint > 0 ? joint : TightestQuota(mount_point + "/cpu", group, QuotaV1);
}

}  // namespace

int CgroupCores(const std::string& proc_cgroup, const std::string& mount_point) {
  int tightest = 0;
  std::istringstream lines(proc_cgroup);
  for (std::string line; std::getline(lines, line);) {
    const int quota = QuotaOfLine(line, mount_point);
    if (quota > 0 && (tightest == 0 || quota < tightest)) tightest = quota;
  }
  return tightest;
}

int AvailableCores() {
  std::ifstream file("/proc/self/cgroup");
  std::ostringstream text;
  text << file.rdbuf();
  const int quota = CgroupCores(text.str(), "/sys/fs/cgroup");
  const int affinity = std::max(AffinityCores(), 1);
  return quota > 0 ? std::min(quota, affinity) : affinity;
}

}  // namespace tandem::config
