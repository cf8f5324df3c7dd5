// SPDX-License-Identifier: MIT

#include "catch.hpp"
#include "topology/described_machine.hpp"

#include <optional>
#include <string>

// Each test describes a machine with eight CPUs, all of them in the affinity mask, so that the quota decides.

namespace {

constexpr char const* mounted_v2 =
    "25 1 0:21 / / rw - ext4 /dev/sda1 rw\n"
    "30 25 0:26 / /sys/fs/cgroup rw,nosuid,nodev shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

constexpr char const* mounted_v1 =
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "33 31 0:29 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n"
    "32 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw shared:10 master:2 - cgroup cgroup rw,cpu,cpuacct\n";

}  // namespace

TEST_CASE("without control groups there is no quota", "[topology]") {
  described_machine machine;
  CHECK(machine.limits_with_8_cpus() == beat::cpu_limits{8, 8, std::nullopt});
  CHECK(machine.limits_with_8_cpus().usable() == 8);
}

TEST_CASE("a cgroup v2 quota bounds the CPUs", "[topology]") {
  described_machine machine;
  machine.write("proc/self/mountinfo", mounted_v2);
  machine.write("proc/self/cgroup", "0::/app\n");
  SECTION("a whole number") {
    machine.write("sys/fs/cgroup/app/cpu.max", "300000 100000\n");
    CHECK(machine.limits_with_8_cpus() == beat::cpu_limits{8, 8, 3.0});
    CHECK(machine.limits_with_8_cpus().usable() == 3);
  }
  SECTION("a fraction is rounded up") {
    machine.write("sys/fs/cgroup/app/cpu.max", "250000 100000\n");
    CHECK(machine.limits_with_8_cpus().usable() == 3);
  }
  SECTION("half a CPU is one") {
    machine.write("sys/fs/cgroup/app/cpu.max", "50000 100000\n");
    CHECK(machine.limits_with_8_cpus().quota == 0.5);
    CHECK(machine.limits_with_8_cpus().usable() == 1);
  }
  SECTION("one and a half are two") {
    machine.write("sys/fs/cgroup/app/cpu.max", "150000 100000\n");
    CHECK(machine.limits_with_8_cpus() == beat::cpu_limits{8, 8, 1.5});
    CHECK(machine.limits_with_8_cpus().usable() == 2);
  }
  SECTION("another period") {
    machine.write("sys/fs/cgroup/app/cpu.max", "20000 10000\n");
    CHECK(machine.limits_with_8_cpus().usable() == 2);
  }
  SECTION("more than the machine has") {
    machine.write("sys/fs/cgroup/app/cpu.max", "9223372036854775807 1\n");
    CHECK(machine.limits_with_8_cpus().usable() == 8);
  }
  SECTION("max is no limit") {
    machine.write("sys/fs/cgroup/app/cpu.max", "max 100000\n");
    CHECK_FALSE(machine.limits_with_8_cpus().quota.has_value());
  }
}

TEST_CASE("the smallest cgroup v2 quota of a group and its ancestors counts", "[topology]") {
  described_machine machine;
  machine.write("proc/self/mountinfo", mounted_v2);
  machine.write("proc/self/cgroup", "0::/a/b/c\n");
  machine.write("sys/fs/cgroup/a/b/c/cpu.max", "600000 100000\n");
  machine.write("sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  machine.write("sys/fs/cgroup/a/cpu.max", "700000 100000\n");
  CHECK(machine.limits_with_8_cpus().usable() == 6);
  machine.write("sys/fs/cgroup/a/cpu.max", "400000 100000\n");
  CHECK(machine.limits_with_8_cpus().usable() == 4);
  machine.write("sys/fs/cgroup/a/b/cpu.max", "300000 100000\n");
  CHECK(machine.limits_with_8_cpus().usable() == 3);
  machine.write("sys/fs/cgroup/cpu.max", "200000 100000\n");
  CHECK(machine.limits_with_8_cpus().usable() == 2);
  machine.write("sys/fs/cgroup/a/sibling/cpu.max", "100000 100000\n");
  CHECK(machine.limits_with_8_cpus().usable() == 2);
}

TEST_CASE("a cgroup v1 quota bounds the CPUs", "[topology]") {
  described_machine machine;
  machine.write("proc/self/mountinfo", mounted_v1);
  machine.write("proc/self/cgroup", "9:memory:/other\n4:cpu,cpuacct:/app/job\n1:name=systemd:/x\n");
  machine.make_folder("sys/fs/cgroup/memory/app/job");
  machine.write("sys/fs/cgroup/cpu,cpuacct/app/job/cpu.cfs_period_us", "100000\n");
  machine.write("sys/fs/cgroup/cpu,cpuacct/app/job/cpu.cfs_quota_us", "-1\n");
  CHECK_FALSE(machine.limits_with_8_cpus().quota.has_value());
  machine.write("sys/fs/cgroup/cpu,cpuacct/app/job/cpu.cfs_quota_us", "150000\n");
  CHECK(machine.limits_with_8_cpus() == beat::cpu_limits{8, 8, 1.5});
  CHECK(machine.limits_with_8_cpus().usable() == 2);
  machine.write("sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_period_us", "50000\n");
  machine.write("sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_quota_us", "50000\n");
  CHECK(machine.limits_with_8_cpus().usable() == 1);
}

TEST_CASE("a cgroup v1 quota of less than a CPU is one", "[topology]") {
  described_machine machine;
  machine.write("proc/self/mountinfo", mounted_v1);
  machine.write("proc/self/cgroup", "4:cpu,cpuacct:/app\n");
  machine.write("sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_period_us", "100000\n");
  machine.write("sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_quota_us", "1000\n");
  CHECK(machine.limits_with_8_cpus() == beat::cpu_limits{8, 8, 0.01});
  CHECK(machine.limits_with_8_cpus().usable() == 1);
}

TEST_CASE("the smallest cgroup v1 quota of a group and its ancestors counts", "[topology]") {
  described_machine machine;
  machine.write("proc/self/mountinfo", mounted_v1);
  machine.write("proc/self/cgroup", "4:cpu,cpuacct:/a/b/c\n");
  auto const limit = [&machine](std::string const& group, std::string const& quota) {
    std::string const folder = "sys/fs/cgroup/cpu,cpuacct/" + group;
    machine.write(folder + "cpu.cfs_period_us", "100000\n");
    machine.write(folder + "cpu.cfs_quota_us", quota + "\n");
  };
  limit("a/b/c/", "600000");
  limit("a/b/", "-1");
  CHECK(machine.limits_with_8_cpus().usable() == 6);
  limit("a/", "350000");
  CHECK(machine.limits_with_8_cpus().usable() == 4);
  limit("", "150000");
  CHECK(machine.limits_with_8_cpus().usable() == 2);
  limit("a/b/other/", "100000");
  CHECK(machine.limits_with_8_cpus().usable() == 2);
}

TEST_CASE("cgroup v1 with the controller cpu on its own mount", "[topology]") {
  described_machine machine;
  machine.write(
      "proc/self/mountinfo",
      "33 31 0:30 / /cg/cpuacct rw - cgroup cgroup rw,cpuacct\n32 31 0:29 / /cg/cpu rw - cgroup cgroup rw,cpu\n");
  machine.write("proc/self/cgroup", "2:cpuacct:/b\n1:cpu:/a\n");
  machine.write("cg/cpu/a/cpu.cfs_period_us", "100000\n");
  machine.write("cg/cpu/a/cpu.cfs_quota_us", "500000\n");
  machine.write("cg/cpu/b/cpu.cfs_period_us", "100000\n");
  machine.write("cg/cpu/b/cpu.cfs_quota_us", "100000\n");
  machine.write("cg/cpuacct/b/cpu.cfs_period_us", "100000\n");
  machine.write("cg/cpuacct/b/cpu.cfs_quota_us", "100000\n");
  CHECK(machine.limits_with_8_cpus().usable() == 5);
}

TEST_CASE("in a hybrid hierarchy both versions of cgroups are looked at", "[topology]") {
  described_machine machine;
  machine.write("proc/self/mountinfo",
                std::string{mounted_v1} + "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  machine.write("proc/self/cgroup", "4:cpu,cpuacct:/app\n0::/unit\n");
  machine.write("sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_period_us", "100000\n");
  machine.write("sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_quota_us", "400000\n");
  machine.make_folder("sys/fs/cgroup/unified/unit");
  CHECK(machine.limits_with_8_cpus().usable() == 4);
  machine.write("sys/fs/cgroup/unified/unit/cpu.max", "200000 100000\n");
  CHECK(machine.limits_with_8_cpus().usable() == 2);
  machine.write("sys/fs/cgroup/unified/unit/cpu.max", "500000 100000\n");
  CHECK(machine.limits_with_8_cpus().usable() == 4);
}

TEST_CASE("a container whose own group is the top of the mount", "[topology]") {
  described_machine machine;
  SECTION("v2: the group is named from outside and not visible") {
    machine.write("proc/self/mountinfo", mounted_v2);
    machine.write("proc/self/cgroup", "0::/kubepods/pod7/box\n");
    machine.write("sys/fs/cgroup/cpu.max", "200000 100000\n");
    CHECK(machine.limits_with_8_cpus().usable() == 2);
  }
  SECTION("v2: a cgroup namespace shows the group as the root") {
    machine.write("proc/self/mountinfo", mounted_v2);
    machine.write("proc/self/cgroup", "0::/\n");
    machine.write("sys/fs/cgroup/cpu.max", "200000 100000\n");
    CHECK(machine.limits_with_8_cpus().usable() == 2);
  }
  SECTION("v2: a group outside of the namespace does not lead out of the mount") {
    machine.write("proc/self/mountinfo", mounted_v2);
    machine.write("proc/self/cgroup", "0::/../neighbour\n");
    machine.write("sys/fs/cgroup/cpu.max", "200000 100000\n");
    machine.write("sys/fs/neighbour/cpu.max", "100000 100000\n");
    CHECK(machine.limits_with_8_cpus().usable() == 2);
  }
  SECTION("v2: only a part of the hierarchy is mounted") {
    machine.write("proc/self/mountinfo", "30 25 0:26 /box /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    machine.write("proc/self/cgroup", "0::/box/inner\n");
    machine.write("sys/fs/cgroup/cpu.max", "300000 100000\n");
    machine.write("sys/fs/cgroup/inner/cpu.max", "200000 100000\n");
    CHECK(machine.limits_with_8_cpus().usable() == 2);
    machine.write("proc/self/cgroup", "0::/box\n");
    CHECK(machine.limits_with_8_cpus().usable() == 3);
    machine.write("proc/self/cgroup", "0::/boxes/inner\n");
    machine.write("sys/fs/cgroup/es/inner/cpu.max", "100000 100000\n");
    CHECK(machine.limits_with_8_cpus().usable() == 3);
  }
  SECTION("v1: the group is named from outside and not visible") {
    machine.write("proc/self/mountinfo", "32 31 0:30 /docker/7 /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu,cpuacct\n");
    machine.write("proc/self/cgroup", "4:cpu,cpuacct:/elsewhere\n");
    machine.write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    machine.write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "200000\n");
    CHECK(machine.limits_with_8_cpus().usable() == 2);
  }
}

TEST_CASE("of several mounts the one that shows the own group counts", "[topology]") {
  described_machine machine;
  machine.write("proc/self/mountinfo",
                "30 25 0:26 /other /other rw - cgroup2 cgroup2 rw\n31 25 0:26 /mine /mine rw - cgroup2 cgroup2 rw\n");
  machine.write("proc/self/cgroup", "0::/mine/job\n");
  machine.write("other/cpu.max", "100000 100000\n");
  machine.write("mine/cpu.max", "500000 100000\n");
  machine.write("mine/job/cpu.max", "400000 100000\n");
  CHECK(machine.limits_with_8_cpus().usable() == 4);
  machine.write("proc/self/cgroup", "0::/hidden\n");
  machine.write("other/cpu.max", "max 100000\n");
  CHECK_FALSE(machine.limits_with_8_cpus().quota.has_value());
}

TEST_CASE("the mount point of cgroups may contain escaped characters", "[topology]") {
  described_machine machine;
  machine.write("proc/self/mountinfo", "30 25 0:26 / /my\\040groups\\134 rw - cgroup2 cgroup2 rw\n");
  machine.write("proc/self/cgroup", "0::/a:b c\n");
  machine.write("my groups\\/a:b c/cpu.max", "200000 100000\n");
  CHECK(machine.limits_with_8_cpus().usable() == 2);
}

TEST_CASE("without mountinfo cgroups are looked for at their usual places", "[topology]") {
  described_machine machine;
  SECTION("v2") {
    machine.write("proc/self/cgroup", "0::/app\n");
    machine.write("sys/fs/cgroup/app/cpu.max", "200000 100000\n");
    CHECK(machine.limits_with_8_cpus().usable() == 2);
  }
  for (std::string const folder : {"cpu", "cpu,cpuacct"}) {
    SECTION("v1 at " + folder) {
      machine.write("proc/self/cgroup", "3:cpu,cpuacct:/app\n");
      machine.write("sys/fs/cgroup/" + folder + "/app/cpu.cfs_period_us", "100000\n");
      machine.write("sys/fs/cgroup/" + folder + "/app/cpu.cfs_quota_us", "200000\n");
      CHECK(machine.limits_with_8_cpus().usable() == 2);
    }
    SECTION("v1 at " + folder + " where the own group is not visible") {
      machine.write("proc/self/cgroup", "3:cpu,cpuacct:/app\n");
      machine.write("sys/fs/cgroup/" + folder + "/cpu.cfs_period_us", "100000\n");
      machine.write("sys/fs/cgroup/" + folder + "/cpu.cfs_quota_us", "200000\n");
      CHECK(machine.limits_with_8_cpus().usable() == 2);
    }
  }
  SECTION("nothing names the own group") {
    machine.write("sys/fs/cgroup/cpu.max", "200000 100000\n");
    CHECK(machine.limits_with_8_cpus().usable() == 2);
  }
}

TEST_CASE("a malformed cgroup file is no limit", "[topology]") {
  described_machine machine;
  machine.write("proc/self/mountinfo", mounted_v2);
  machine.write("proc/self/cgroup", "0::/app\n");
  for (char const* const text :
       {"", "\n", "max", "100000", "100000 \n", "100000 0\n", "0 100000\n", "-1 100000\n", "1 -1\n", "abc 100000\n",
        "100000 abc\n", "1e5 100000\n", "100000 100000 7\n", "0x10 16\n", "99999999999999999999 100000\n"}) {
    INFO("cpu.max: '" << text << "'");
    machine.write("sys/fs/cgroup/app/cpu.max", text);
    CHECK_FALSE(machine.limits_with_8_cpus().quota.has_value());
  }
  machine.remove("sys/fs/cgroup/app/cpu.max");
  machine.make_folder("sys/fs/cgroup/app/cpu.max");
  CHECK_FALSE(machine.limits_with_8_cpus().quota.has_value());
}

TEST_CASE("a malformed cgroup v1 file is no limit", "[topology]") {
  described_machine machine;
  machine.write("proc/self/mountinfo", mounted_v1);
  machine.write("proc/self/cgroup", "4:cpu,cpuacct:/app\n");
  std::string const folder = "sys/fs/cgroup/cpu,cpuacct/app/";
  machine.write(folder + "cpu.cfs_quota_us", "100000\n");
  CHECK_FALSE(machine.limits_with_8_cpus().quota.has_value());
  for (char const* const period : {"0\n", "-5\n", "x\n", ""}) {
    machine.write(folder + "cpu.cfs_period_us", period);
    CHECK_FALSE(machine.limits_with_8_cpus().quota.has_value());
  }
  machine.write(folder + "cpu.cfs_period_us", "100000\n");
  CHECK(machine.limits_with_8_cpus().quota == 1.0);
}

TEST_CASE("malformed lists of groups and mounts are no limit", "[topology]") {
  described_machine machine;
  machine.online("0-7");
  for (std::string const text : {"", "\n\n", "0", "0:", "0::", "0::app", "garbage\n::::\n", "4:cpu", " - ",
                                 " - cgroup2", "30 25 0:26 / relative rw - cgroup2 cgroup2 rw\n", "30 - cgroup2 x y"}) {
    INFO("text: '" << text << "'");
    machine.write("proc/self/cgroup", text);
    machine.write("proc/self/mountinfo", text);
    CHECK(machine.limits_with_8_cpus().usable() == 8);
  }
  machine.write("proc/self/cgroup", std::string(20000, '\0'));
  machine.write("proc/self/mountinfo", std::string(20000, ' '));
  CHECK(machine.limits_with_8_cpus().usable() == 8);
}
