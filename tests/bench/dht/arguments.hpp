#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tau::bench {

/// "--name NUMBER" pairs of a benchmark's command line.
class arguments {
public:
    arguments(int count, char** words) : m_words(words + 1, words + count) {}

    /// The number after `name`, or `otherwise`. A word that is no number ends the program.
    [[nodiscard]] std::size_t number(std::string_view name, std::size_t otherwise) const {
        for (std::size_t i = 0; i + 1 < m_words.size(); ++i)
            if (m_words[i] == name)
                return std::stoul(m_words[i + 1]);
        return otherwise;
    }

private:
    std::vector<std::string> m_words;
};

} // namespace tau::bench
