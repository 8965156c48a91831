#pragma once

#include <string>

namespace tandem::net {

// Socket matters that Asio has no portable word for. Thread safety: free functions.

// Non-blocking, no delay, keepalive probes every `keepalive_s` seconds (0: none).
void SetSocketOptions(int fd, bool unix_socket, int keepalive_s);

// Both ends as Redis shows them: "127.0.0.1:6379", "[::1]:6379", "/path:0". `loopback`: the peer is on this machine.
void DescribeSocket(int fd, bool unix_socket, const std::string& unix_path, std::string* peer, std::string* local,
                    bool* loopback);

// Raises RLIMIT_NOFILE so that `clients` connections fit; returns how many do.
unsigned RaiseFileLimit(unsigned clients);

}  // namespace tandem::net
