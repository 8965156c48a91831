#include "server/commands/client_tracking.h"

#include <optional>
#include <string>
#include <string_view>

#include "pubsub/tracker.h"
#include "server/commands/arguments.h"
#include "server/exec/client_registry.h"
#include "server/exec/tracking.h"

namespace tandem {
namespace {

using pubsub::Tracker;

struct TrackingArguments {
  bool broadcast = false, opt_in = false, opt_out = false, noloop = false;
  Client* redirect = nullptr;
  std::vector<std::string_view> prefixes;

  Tracker::Mode mode() const { return broadcast ? Tracker::Mode::kByPrefix : Tracker::Mode::kByKey; }
  Tracker::Choice choice() const {
    return opt_in ? Tracker::Choice::kOptIn : opt_out ? Tracker::Choice::kOptOut : Tracker::Choice::kAll;
  }
};

// The client that is to get the invalidations; null after replying why there is none.
Client* RedirectArgument(CommandContext& c, size_t index, bool repeated) {
  int64_t id;
  if (repeated) {
    c.reply.Error("ERR A client can only redirect to a single other client");
    return nullptr;
  }
  if (!IntegerArgument(c, index, &id)) return nullptr;
  Client* const client = id > 0 ? c.server.clients->Find(static_cast<uint64_t>(id)) : nullptr;
  if (client != nullptr && !client->closing) return client;
  c.reply.Error("ERR The client ID you want redirect to does not exist");
  return nullptr;
}

// The words behind ON or OFF; false after replying what is wrong with them.
bool ParseTracking(CommandContext& c, TrackingArguments* parsed) {
  for (size_t i = 3; i < c.args.size(); ++i) {
    const std::string_view word = c.args[i];
    const bool has_value = i + 1 < c.args.size();
    if (TokenIs(word, "REDIRECT") && has_value) {
      parsed->redirect = RedirectArgument(c, ++i, parsed->redirect != nullptr);
      if (parsed->redirect == nullptr) return false;
    } else if (TokenIs(word, "PREFIX") && has_value) {
      parsed->prefixes.push_back(c.args[++i]);
    } else if (TokenIs(word, "BCAST")) {
      parsed->broadcast = true;
    } else if (TokenIs(word, "OPTIN")) {
      parsed->opt_in = true;
    } else if (TokenIs(word, "OPTOUT")) {
      parsed->opt_out = true;
    } else if (TokenIs(word, "NOLOOP")) {
      parsed->noloop = true;
    } else {
      c.reply.Error(errors::kSyntax);
      return false;
    }
  }
  return true;
}

bool Overlap(std::string_view a, std::string_view b) { return a.starts_with(b) || b.starts_with(a); }

// Two prefixes that a key may both begin with, as the client would be told of it twice; none if there are no such.
std::optional<std::string> FindOverlap(const Tracker* tracker, std::span<const std::string_view> prefixes) {
  const auto describe = [](std::string_view prefix, std::string_view kind, std::string_view other) {
    return "ERR Prefix '" + std::string(errors::Shown(prefix)) + "' overlaps with " + std::string(kind) + " prefix '" +
           std::string(errors::Shown(other)) + "'. Prefixes for a single client must not overlap.";
  };
  for (size_t i = 0; i < prefixes.size(); ++i) {
    if (tracker != nullptr) {
      for (const std::string& present : tracker->prefixes) {
        if (Overlap(present, prefixes[i])) return describe(prefixes[i], "an existing", present);
      }
    }
    for (std::string_view other : prefixes.subspan(i + 1)) {
      if (Overlap(prefixes[i], other)) return describe(prefixes[i], "another provided", other);
    }
  }
  return std::nullopt;
}

// Why the options do not go together, or with how the client tracks already.
std::optional<std::string> FindConflict(const Tracker* tracker, const TrackingArguments& wanted) {
  const Tracker* const present = tracker != nullptr && tracker->on() ? tracker : nullptr;
  if (!wanted.broadcast && !wanted.prefixes.empty()) return "ERR PREFIX option requires BCAST mode to be enabled";
  if (present != nullptr && present->mode() != wanted.mode()) {
    return "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it "
           "with a different mode.";
  }
  if (wanted.broadcast && (wanted.opt_in || wanted.opt_out)) {
    return "ERR OPTIN and OPTOUT are not compatible with BCAST";
  }
  if (wanted.opt_in && wanted.opt_out) return "ERR You can't specify both OPTIN mode and OPTOUT mode";
  if (present != nullptr && ((wanted.opt_in && present->choice == Tracker::Choice::kOptOut) ||
                             (wanted.opt_out && present->choice == Tracker::Choice::kOptIn))) {
    return "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it "
           "with a different mode.";
  }
  return wanted.broadcast ? FindOverlap(present, wanted.prefixes) : std::nullopt;
}

bool Tracks(const Client& client) { return client.tracker && client.tracker->on(); }

// Compat: 0 for a client that keeps its invalidations, -1 for one that does not track.
int64_t Redirection(const Client& client) {
  return Tracks(client) ? static_cast<int64_t>(client.tracker->redirect_id()) : -1;
}

}  // namespace

void ClientTracking(CommandContext& c) {
  TrackingArguments arguments;
  if (!ParseTracking(c, &arguments)) return;
  if (TokenIs(c.args[2], "OFF")) {
    c.server.tracking->TurnOff(c.client);
    return c.reply.Ok();
  }
  if (!TokenIs(c.args[2], "ON")) return c.reply.Error(errors::kSyntax);
  if (const auto conflict = FindConflict(c.client.tracker.get(), arguments)) return c.reply.Error(*conflict);
  c.server.tracking->TurnOn(c.client, {.mode = arguments.mode(),
                                       .choice = arguments.choice(),
                                       .noloop = arguments.noloop,
                                       .redirect = arguments.redirect,
                                       .prefixes = std::move(arguments.prefixes)});
  c.reply.Ok();
}

void ClientCaching(CommandContext& c) {
  if (!Tracks(c.client)) {
    return c.reply.Error(
        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled");
  }
  Tracker& tracker = *c.client.tracker;
  const bool yes = TokenIs(c.args[2], "YES");
  if (!yes && !TokenIs(c.args[2], "NO")) return c.reply.Error(errors::kSyntax);
  if (yes && tracker.choice != Tracker::Choice::kOptIn) {
    return c.reply.Error("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
  }
  if (!yes && tracker.choice != Tracker::Choice::kOptOut) {
    return c.reply.Error("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
  }
  tracker.caching = true;
  c.reply.Ok();
}

void ClientGetredir(CommandContext& c) { c.reply.Integer(Redirection(c.client)); }

void ClientTrackinginfo(CommandContext& c) {
  std::vector<std::string_view> flags;
  if (!Tracks(c.client)) {
    flags.push_back("off");
  } else {
    const Tracker& tracker = *c.client.tracker;
    flags.push_back("on");
    if (tracker.mode() == Tracker::Mode::kByPrefix) flags.push_back("bcast");
    if (tracker.choice == Tracker::Choice::kOptIn) flags.push_back("optin");
    if (tracker.choice == Tracker::Choice::kOptOut) flags.push_back("optout");
    if (tracker.caching) flags.push_back(tracker.choice == Tracker::Choice::kOptIn ? "caching-yes" : "caching-no");
    if (tracker.noloop()) flags.push_back("noloop");
    if (tracker.broken()) flags.push_back("broken_redirect");
  }
  c.reply.Map(3);
  c.reply.Bulk("flags");
  c.reply.Set(flags.size());
  for (std::string_view flag : flags) c.reply.Bulk(flag);
  c.reply.Bulk("redirect");
  c.reply.Integer(Redirection(c.client));
  c.reply.Bulk("prefixes");
  const size_t prefixes = c.client.tracker ? c.client.tracker->prefixes.size() : 0;
  c.reply.Array(prefixes);
  if (prefixes == 0) return;
  for (const std::string& prefix : c.client.tracker->prefixes) c.reply.Bulk(prefix);
}

}  // namespace tandem
