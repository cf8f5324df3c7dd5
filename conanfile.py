# SPDX-License-Identifier: MIT
# Conan 2: `conan create .` packages this checkout, and builds a small project with the package.

import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy, load
from conan.tools.layout import basic_layout


class BeatConan(ConanFile):
    name = "beat"
    description = "Header-only work stealing for C++20"
    license = "MIT"
    topics = ("parallelism", "work-stealing", "thread-pool", "numa", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"with_hwloc": [True, False], "with_numa": [True, False]}
    default_options = {"with_hwloc": False, "with_numa": False}
    exports_sources = "include/*", "LICENSE"
    no_copy_source = True
    test_package_folder = "tests/package/conan"

    def set_version(self):
        header = load(self, os.path.join(self.recipe_folder, "include", "beat", "version.hpp"))
        parts = re.findall(r"^#define BEAT_VERSION_(?:MAJOR|MINOR|PATCH) ([0-9]+)$", header, re.MULTILINE)
        self.version = ".".join(parts)

    def config_options(self):
        if self.settings.os != "Linux":
            del self.options.with_numa

    def requirements(self):
        if self.options.with_hwloc:
            self.requires("hwloc/2.12.2", transitive_headers=True, transitive_libs=True)
        if self.options.get_safe("with_numa"):
            self.requires("libnuma/2.0.19", transitive_headers=True, transitive_libs=True)

    def layout(self):
        basic_layout(self)

    def package_id(self):
        self.info.clear()

    def validate(self):
        if self.settings.get_safe("compiler.cppstd"):
            check_min_cppstd(self, 20)

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        copy(self, "*.hpp", os.path.join(self.source_folder, "include"), os.path.join(self.package_folder, "include"))

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "beat")
        self.cpp_info.set_property("cmake_target_name", "beat::beat")
        self.cpp_info.set_property("pkg_config_name", "beat")
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
        if self.settings.os in ("Linux", "FreeBSD"):
            self.cpp_info.system_libs = ["pthread"]
        if self.options.with_hwloc:
            self.cpp_info.defines.append("BEAT_WITH_HWLOC=1")
        if self.options.get_safe("with_numa"):
            self.cpp_info.defines.append("BEAT_WITH_NUMA=1")
