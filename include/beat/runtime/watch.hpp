#pragma once
// SPDX-License-Identifier: MIT
// The watch: how a thief learns that a worker has been busy for long, asks it to share, and publishes its jobs by
// force where it does not answer. Each thief keeps its own. Protocol: README.md, "Asking".

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

#include <beat/observe/counters.hpp>
#include <beat/runtime/lane.hpp>

namespace beat::inline v0::detail {

/// What a look at the others found, the more the greater. `nothing` also where all who are busy were asked already:
/// they wake somebody when they have something to share. `stirring`: somebody began anew. `watching`: is about to be
/// asked.
enum class outlook : std::uint8_t { nothing, stirring, watching, work };

class watch_list {
 public:
  /// Makes room for so many victims; more may come.
  explicit watch_list(std::uint32_t victims) : sightings_(victims) {}

  /// Looks at victim `id`, which is in `region` (odd while busy), for the thief `thief_id`. It asks once the victim
  /// has been busy for `pace`; `forced` gets the number of jobs that it published itself.
  outlook look(std::uint32_t id, job_stack::thief victim, std::uint64_t region, std::int64_t time, std::int64_t pace,
               std::int64_t patience, std::uint32_t thief_id, counter& forced) noexcept {
    job_stack::control const seen = victim.look();
    if (seen.has_public()) return outlook::work;
    if (region % 2 == 0) return outlook::nothing;
    if (id >= sightings_.size() && !make_room_for(id)) {  // without memory it is asked at once
      victim.request();
      return outlook::watching;
    }
    sighting& s = sightings_[id];
    // A request that stands may be another thief's, made after this one's was answered.
    bool const answered = s.requested != 0 && (!seen.is_requested() || seen.tag() != s.tag);
    if (s.region != region || answered) {
      s = {.region = region, .since = time};
      return outlook::stirring;
    }
    if (time - s.since < pace) return outlook::watching;
    if (s.requested == 0) {
      s.requested = time;
      s.tag = seen.tag();
      victim.request();
      return outlook::watching;
    }
    if (s.forced) return outlook::nothing;  // there was nothing; the request stands, its next fork answers it
    if (time - s.requested < patience) return outlook::watching;
    s.forced = true;
    forced.add(victim.force(thief_id));
    job_stack::control const after = victim.look();
    if (after.has_public()) return outlook::work;
    return after.is_requested() ? outlook::nothing : outlook::stirring;  // somebody answered, and others were quicker
  }

  /// After a theft: the victim is left alone for a while.
  void forget(std::uint32_t id) noexcept {
    if (id < sightings_.size()) sightings_[id] = {};
  }

 private:
  BEAT_NO_INLINE bool make_room_for(std::uint32_t id) noexcept {
    try {
      sightings_.resize(std::max<std::size_t>(id + 1, 2 * sightings_.size()));
      return true;
    } catch (std::bad_alloc const&) {
      return false;
    }
  }

  struct sighting {
    std::uint64_t region = 0;    // the victim's region when it was first seen
    std::int64_t since = 0;      // when that was
    std::int64_t requested = 0;  // when it was asked to share, or 0
    std::uint32_t tag = 0;       // of the victim's last publication before that
    bool forced = false;         // publication was forced after that
  };

  std::vector<sighting> sightings_;
};

}  // namespace beat::inline v0::detail
