// SPDX-License-Identifier: MIT

#include "catch.hpp"
#include "topology/described_machine.hpp"

#include <beat/topology/hwloc.hpp>
#include <beat/topology/platform.hpp>
#include <beat/topology/sysfs.hpp>
#include <beat/topology/to_string.hpp>
#include <cstdlib>
#include <string>
#include <vector>

using beat::cpu_set;
using beat::topology;

namespace {

template <class Read>
void check_not_supported(Read read, std::string const& reason) {
  try {
    topology const machine = read();
    FAIL_CHECK("this was accepted");
  } catch (beat::error const& failure) {
    INFO(failure.what());
    CHECK(failure.code() == beat::errc::not_supported);
    CHECK(std::string{failure.what()}.find(reason) != std::string::npos);
  }
}

}  // namespace

TEST_CASE("an XML file that is not there is an invalid argument", "[topology]") {
  described_machine files;
  for (auto const& path : {files.root() / "none.xml", files.root()}) {
    try {
      topology const machine = beat::topology_from_hwloc_xml_file(path);
      FAIL_CHECK("this was accepted");
    } catch (beat::error const& failure) {
      CHECK(failure.code() == beat::errc::invalid_argument);
      CHECK(std::string{failure.what()}.find(path.string()) != std::string::npos);
    }
  }
}

#if BEAT_HAS_HWLOC()

namespace {

// Written after what lstopo 2 shows of a laptop's Core i3-1215U: two fast cores with two CPUs each and four slow ones.
std::string hybrid_xml() {
  auto const sets = [](std::string const& cpus) {
    return " cpuset=\"" + cpus + "\" complete_cpuset=\"" + cpus + "\" nodeset=\"0x1\" complete_nodeset=\"0x1\"";
  };
  std::string xml =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">\n"
      "<topology version=\"2.0\">\n"
      "<object type=\"Machine\" os_index=\"0\"" +
      sets("0xff") +
      " allowed_cpuset=\"0x7f\" allowed_nodeset=\"0x1\" gp_index=\"1\">\n"
      "<object type=\"Package\" os_index=\"0\"" +
      sets("0xff") +
      " gp_index=\"2\">\n"
      "<object type=\"NUMANode\" os_index=\"0\"" +
      sets("0xff") +
      " gp_index=\"3\" local_memory=\"8589934592\"/>\n"
      "<object type=\"L3Cache\"" +
      sets("0xff") +
      " gp_index=\"4\" cache_size=\"10485760\" depth=\"3\" cache_linesize=\"64\" cache_associativity=\"10\" "
      "cache_type=\"0\">\n";
  char const* const cores[] = {"0x3", "0xc", "0x10", "0x20", "0x40", "0x80"};
  char const* const cpus[] = {"0x1", "0x2", "0x4", "0x8", "0x10", "0x20", "0x40", "0x80"};
  unsigned cpu = 0;
  for (unsigned core = 0; core < 6; ++core) {
    xml += "<object type=\"Core\" os_index=\"" + std::to_string(4 * core) + "\"" + sets(cores[core]) + " gp_index=\"" +
           std::to_string(10 + core) + "\">\n";
    for (unsigned const end = cpu + (core < 2 ? 2 : 1); cpu < end; ++cpu) {
      xml += "<object type=\"PU\" os_index=\"" + std::to_string(cpu) + "\"" + sets(cpus[cpu]) + " gp_index=\"" +
             std::to_string(20 + cpu) + "\"/>\n";
    }
    xml += "</object>\n";
  }
  return xml +
         "</object>\n</object>\n</object>\n"
         "<cpukind cpuset=\"0xf0\"><info name=\"CoreType\" value=\"IntelAtom\"/></cpukind>\n"
         "<cpukind cpuset=\"0x3\"><info name=\"CoreType\" value=\"IntelCore\"/>"
         "<info name=\"FrequencyMaxMHz\" value=\"4400\"/></cpukind>\n"
         "<cpukind cpuset=\"0xc\"><info name=\"CoreType\" value=\"IntelCore\"/>"
         "<info name=\"FrequencyMaxMHz\" value=\"4300\"/></cpukind>\n"
         "</topology>\n";
}

// Two packages with two nodes each that share an L3, and a node of memory alone.
std::string nodes_xml() {
  auto const sets = [](std::string const& cpus, std::string const& nodes) {
    return " cpuset=\"" + cpus + "\" complete_cpuset=\"" + cpus + "\" nodeset=\"" + nodes + "\" complete_nodeset=\"" +
           nodes + "\"";
  };
  auto const object = [](std::string const& type, std::string const& rest) {
    static unsigned number = 0;
    return "<object type=\"" + type + "\" gp_index=\"" + std::to_string(++number) + "\"" + rest;
  };
  std::string xml =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">\n"
      "<topology version=\"2.0\">\n" +
      object("Machine",
             " os_index=\"0\"" + sets("0xf", "0x17") + " allowed_cpuset=\"0xf\" allowed_nodeset=\"0x17\">\n") +
      object("NUMANode", " os_index=\"4\" local_memory=\"4096\"" + sets("0xf", "0x10") + "/>\n");
  char const* const packages[] = {"0x3", "0xc"};
  char const* const package_nodes[] = {"0x3", "0x4"};
  for (unsigned package = 0; package < 2; ++package) {
    std::string const its = sets(packages[package], package_nodes[package]);
    xml += object("Package", " os_index=\"" + std::to_string(package) + "\"" + its + ">\n");
    xml +=
        package == 1 ? object("NUMANode", " os_index=\"2\" local_memory=\"2048\"" + sets("0xc", "0x4") + "/>\n") : "";
    xml += object("L3Cache", its +
                                 " cache_size=\"1048576\" depth=\"3\" cache_linesize=\"64\" cache_associativity=\"8\" "
                                 "cache_type=\"0\">\n");
    for (unsigned cpu = 2 * package; cpu < 2 * package + 2; ++cpu) {
      std::string const cpus = std::vector<std::string>{"0x1", "0x2", "0x4", "0x8"}[cpu];
      std::string const nodes = std::vector<std::string>{"0x1", "0x2", "0x4", "0x4"}[cpu];
      xml += object("Core", " os_index=\"" + std::to_string(cpu % 2) + "\"" + sets(cpus, nodes) + ">\n");
      xml += package == 0 ? object("NUMANode", " os_index=\"" + std::to_string(cpu) + "\" local_memory=\"1024\"" +
                                                   sets(cpus, nodes) + "/>\n")
                          : "";
      xml += object("PU", " os_index=\"" + std::to_string(cpu) + "\"" + sets(cpus, nodes) + "/>\n</object>\n");
    }
    xml += "</object>\n</object>\n";
  }
  return xml +
         "</object>\n"
         "<distances2 type=\"NUMANode\" nbobjs=\"4\" kind=\"5\" name=\"NUMALatency\" indexing=\"os\">\n"
         "<indexes length=\"8\">0 1 2 4 </indexes>\n"
         "<u64values length=\"24\">10 12 21 40 12 10 21 40 </u64values>\n"
         "<u64values length=\"24\">22 22 10 40 40 40 40 10 </u64values>\n"
         "</distances2>\n</topology>\n";
}

}  // namespace

TEST_CASE("hwloc and sysfs agree about this machine", "[topology]") {
  cpu_set const allowed = beat::this_thread_affinity();
  topology const by_hwloc = beat::topology_from_hwloc(allowed);
  topology const by_sysfs = beat::topology_from_sysfs("/", allowed);
  CHECK(by_hwloc.source() == "hwloc");
  CHECK(by_hwloc.packages() == by_sysfs.packages());
  CHECK(by_hwloc.nodes() == by_sysfs.nodes());
  CHECK(by_hwloc.l3_groups() == by_sysfs.l3_groups());
  CHECK(by_hwloc.cores() == by_sysfs.cores());
  CHECK(by_hwloc.cpus() == by_sysfs.cpus());
  CHECK(by_hwloc.usable() == by_sysfs.usable());
  CHECK(by_hwloc.tables().distances == by_sysfs.tables().distances);
}

TEST_CASE("to ask hwloc leaves the thread where it was", "[topology]") {
  cpu_set const before = beat::this_thread_affinity();
  CHECK(beat::topology_from_hwloc(before).usable() == before);
  CHECK(beat::this_thread_affinity() == before);
}

TEST_CASE("hwloc does not describe a process that may only use CPUs unknown to it", "[topology]") {
  check_not_supported([] { return beat::topology_from_hwloc({cpu_set::max_index}); }, "none of the CPUs");
}

TEST_CASE("a hybrid laptop is read from XML", "[topology]") {
  topology const machine = beat::topology_from_hwloc_xml(hybrid_xml());
  CHECK(to_string(machine) ==
        "1 package, 1 node, 6 cores, 8 CPUs (7 usable), from hwloc (XML)\n"
        "package 0\n"
        "  node 0, 8 GiB\n"
        "    L3 0, 10 MiB: 2 cores of class 1, CPUs 0-3\n"
        "    L3 0, 10 MiB: 4 cores of class 0, CPUs 4-6, not usable: CPUs 7\n");
  CHECK(machine.cores()[2] == topology::core{8, {0}, {0}, 0});
}

TEST_CASE("nodes below and above an L3 are read from XML", "[topology]") {
  CHECK(to_string(beat::topology_from_hwloc_xml(nodes_xml())) ==
        "2 packages, 4 nodes, 4 cores, 4 CPUs (4 usable), from hwloc (XML)\n"
        "package 0\n"
        "  node 0, 1 KiB\n"
        "    L3 0, 1 MiB: 1 core, CPUs 0\n"
        "  node 1, 1 KiB\n"
        "    L3 0, 1 MiB: 1 core, CPUs 1\n"
        "package 1\n"
        "  node 2, 2 KiB\n"
        "    L3 1, 1 MiB: 2 cores, CPUs 2-3\n"
        "node 4, 4 KiB, memory only\n"
        "distances between nodes:\n"
        "  node 0: 10 12 21 40\n"
        "  node 1: 12 10 21 40\n"
        "  node 2: 22 22 10 40\n"
        "  node 4: 40 40 40 10\n");
}

TEST_CASE("an XML file is read", "[topology]") {
  described_machine files;
  files.write("laptop.xml", hybrid_xml());
  CHECK(beat::topology_from_hwloc_xml_file(files.root() / "laptop.xml") == beat::topology_from_hwloc_xml(hybrid_xml()));
}

TEST_CASE("XML that hwloc can't read is refused", "[topology]") {
  std::string const whole = hybrid_xml();
  std::vector<std::string> broken{"",
                                  "\n",
                                  "no XML",
                                  "<topology/>",
                                  "<?xml version=\"1.0\"?>",
                                  "<topology version=\"2.0\"></topology>",
                                  whole.substr(0, whole.size() / 2),
                                  std::string(1000, '\0'),
                                  "<root>" + whole + "</root>"};
  for (std::string const set : {"\" cpuset", "complete_cpuset", " nodeset", "complete_nodeset"}) {  // hwloc would crash
    std::string xml = whole;
    broken.push_back(xml.erase(xml.rfind(set) + 1, set.size() - 1));
  }
  for (std::string const& xml : broken) {
    check_not_supported([&xml] { return beat::topology_from_hwloc_xml(xml); }, "hwloc can't read this XML");
  }
}

TEST_CASE("environment variables that make hwloc describe another machine are refused", "[topology]") {
  described_machine files;
  files.write("laptop.xml", hybrid_xml());
  cpu_set const allowed = beat::this_thread_affinity();
  auto const refused_with = [&allowed](char const* variable, std::string const& value, std::string const& reason) {
    INFO(variable << "=" << value);
    ::setenv(variable, value.c_str(), 1);
    check_not_supported([&allowed] { return beat::topology_from_hwloc(allowed); }, reason);
    ::unsetenv(variable);
  };
  refused_with("HWLOC_SYNTHETIC", "pack:2 core:2 1", "HWLOC_SYNTHETIC");
  refused_with("HWLOC_SYNTHETIC", "pack:1000 core:1000 pu:1000", "HWLOC_SYNTHETIC");  // hwloc would take forever
  refused_with("HWLOC_XMLFILE", (files.root() / "laptop.xml").string(), "HWLOC_THISSYSTEM");
  files.write("broken.xml", hybrid_xml().erase(hybrid_xml().rfind("complete_nodeset"), 8));
  refused_with("HWLOC_XMLFILE", (files.root() / "broken.xml").string(), "HWLOC_XMLFILE names is malformed");
  refused_with("HWLOC_COMPONENTS", "stop", "hwloc found nothing");
  CHECK(beat::topology_from_hwloc(allowed).source() == "hwloc");
}

#else

TEST_CASE("without hwloc what needs it says so", "[topology]") {
  WARN("This build has no hwloc: only the refusal is tested.");
  check_not_supported([] { return beat::topology_from_hwloc({0}); }, "turn BEAT_WITH_HWLOC on");
  check_not_supported([] { return beat::topology_from_hwloc_xml("<topology/>"); }, "turn BEAT_WITH_HWLOC on");
  described_machine files;
  files.write("machine.xml", "<topology/>");
  check_not_supported([&files] { return beat::topology_from_hwloc_xml_file(files.root() / "machine.xml"); },
                      "turn BEAT_WITH_HWLOC on");
}

#endif
