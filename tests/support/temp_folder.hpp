#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace tau::test {

/// A fresh folder of mode 0700, removed with all it holds when the test ends.
class temp_folder {
public:
    temp_folder() {
        auto name = (std::filesystem::temp_directory_path() / "tau-test-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            throw std::runtime_error("no temporary folder");
        m_path = name;
    }
    temp_folder(temp_folder const&) = delete;
    temp_folder& operator=(temp_folder const&) = delete;
    ~temp_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(m_path, ignored);
    }

    [[nodiscard]] std::filesystem::path const& path() const { return m_path; }
    [[nodiscard]] std::filesystem::path operator/(std::string const& name) const {
        return m_path / name;
    }

private:
    std::filesystem::path m_path;
};

} // namespace tau::test
