# SPDX-License-Identifier: MIT
# Usage: conan_recipe.py <source> <version> <directory> <compiler>
# Runs the recipe of Conan without Conan: here is as much of it as the recipe uses. Then compiles a program with what the
# recipe packages and says.

import fnmatch
import importlib.util
import os
import shutil
import subprocess
import sys
import types

sys.dont_write_bytecode = True

source, version, directory, compiler = sys.argv[1:]


class Settings:
    os = "Linux"

    def get_safe(self, name):
        return {"compiler.cppstd": "20"}.get(name)


class Options:
    def __init__(self, values):
        self.__dict__.update(values)

    def get_safe(self, name):
        return getattr(self, name, None)


class CppInfo:
    def __init__(self):
        self.properties, self.defines, self.system_libs = {}, [], []
        self.bindirs, self.libdirs, self.includedirs = ["bin"], ["lib"], ["include"]

    def set_property(self, name, value):
        self.properties[name] = value


class ConanFile:
    def __init__(self):
        self.recipe_folder = self.source_folder = source
        self.package_folder = os.path.join(directory, "package")
        self.settings, self.cpp_info, self.required = Settings(), CppInfo(), []
        self.options = Options(self.default_options)

    def requires(self, reference, **traits):
        self.required.append(reference)


def load(recipe, path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def copy(recipe, pattern, src, dst):
    for folder, _, files in os.walk(src):
        for name in fnmatch.filter(files, pattern):
            target = os.path.join(dst, os.path.relpath(folder, src))
            os.makedirs(target, exist_ok=True)
            shutil.copy(os.path.join(folder, name), target)
        if "/" not in pattern and "*" not in pattern:
            break  # a file of that name, here


def check_min_cppstd(recipe, least):
    assert int(recipe.settings.get_safe("compiler.cppstd")) >= least


def module(name, **members):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__dict__.update(members)


module("conan", ConanFile=ConanFile)
module("conan.tools")
module("conan.tools.build", check_min_cppstd=check_min_cppstd, can_run=None)
module("conan.tools.files", copy=copy, load=load)
module("conan.tools.layout", basic_layout=lambda recipe: None)
module("conan.tools.cmake", CMake=None, cmake_layout=None)


def recipe_of(path):
    spec = importlib.util.spec_from_file_location("recipe", path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


shutil.rmtree(directory, ignore_errors=True)
os.makedirs(directory)
recipe = recipe_of(os.path.join(source, "conanfile.py")).BeatConan()
assert recipe.name == "beat" and recipe.license == "MIT" and recipe.package_type == "header-library"
recipe.set_version()
assert recipe.version == version, recipe.version
recipe.config_options()
recipe.requirements()
assert recipe.required == [], "no library is needed unless it is asked for"
recipe.validate()
recipe.package()
recipe.package_info()
assert os.path.exists(os.path.join(recipe.package_folder, "licenses", "LICENSE"))
info = recipe.cpp_info
assert info.properties["cmake_target_name"] == "beat::beat"
assert info.bindirs == [] and info.libdirs == [], "there is nothing to link"

program = os.path.join(directory, "consumer")
command = [compiler, "-std=c++20", os.path.join(source, "tests", "package", "main.cpp"), "-o", program]
command += ["-I" + os.path.join(recipe.package_folder, folder) for folder in info.includedirs]
command += ["-D" + define for define in info.defines] + ["-l" + name for name in info.system_libs]
subprocess.run(command, check=True)
subprocess.run([program], check=True)

# With the libraries: what it asks for, and what it tells the compiler.
recipe.options = Options({"with_hwloc": True, "with_numa": True})
recipe.requirements()
recipe.package_info()
assert [reference.split("/")[0] for reference in recipe.required] == ["hwloc", "libnuma"]
assert {"BEAT_WITH_HWLOC=1", "BEAT_WITH_NUMA=1"} <= set(info.defines)

# Elsewhere there is no libnuma.
recipe.settings.os = "Windows"
recipe.options = Options(recipe.default_options)
recipe.config_options()
recipe.requirements()
assert not hasattr(recipe.options, "with_numa") and len(recipe.required) == 2

test = recipe_of(os.path.join(source, recipe.test_package_folder, "conanfile.py")).TestPackageConan
assert os.path.exists(os.path.join(source, recipe.test_package_folder, "CMakeLists.txt")) and test.test
print("ended well")
