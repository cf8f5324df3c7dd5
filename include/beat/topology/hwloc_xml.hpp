#pragma once
// SPDX-License-Identifier: MIT
// What has to hold of a machine saved as XML before hwloc may read it, as hwloc does not look itself.

#include <cstddef>
#include <string_view>

namespace beat::inline v0::detail {

// Whether each object of an XML that has to have sets of CPUs and nodes has them: where one is missing, hwloc follows a
// null pointer.
[[nodiscard]] inline bool objects_have_sets(std::string_view xml) {
  constexpr std::string_view object = "<object";
  for (std::size_t start = xml.find(object); start != std::string_view::npos; start = xml.find(object, start + 1)) {
    std::string_view const tag = xml.substr(start, xml.find('>', start) - start);
    auto const has = [tag](char const* text) { return tag.find(text) != std::string_view::npos; };
    bool const is_device =
        has(" type=\"Bridge\"") || has(" type=\"PCIDev\"") || has(" type=\"OSDev\"") || has(" type=\"Misc\"");
    if (!is_device && !(has(" cpuset=\"0x") && has(" complete_cpuset=\"0x") && has(" nodeset=\"0x") &&
                        has(" complete_nodeset=\"0x"))) {
      return false;
    }
  }
  return true;
}

}  // namespace beat::inline v0::detail
