#include "tau_node/failure.hpp"

#include <array>
#include <string_view>

namespace tau::node {

failure usage_error(std::string const& message) {
    return {exit_code::usage, name_of(errc::invalid_argument), message};
}

std::string name_of(error_code ec) {
    if (ec.category() == tau_category())
        return tau::name_of(static_cast<errc>(ec.value()));
    return "failed";
}

failure failed(std::string const& what, error_code ec) {
    auto name = name_of(ec);
    auto const exit = exit_of(name);
    return {exit, std::move(name), what + ": " + ec.message()};
}

exit_code exit_of(std::string_view error_name) {
    constexpr std::array<std::string_view, 4> wrong_arguments{"invalid_argument", "invalid_length",
                                                              "invalid_encoding", "too_large"};
    for (auto const& name : wrong_arguments) {
        if (name == error_name)
            return exit_code::usage;
    }
    if (error_name == "not_found" || error_name == "not_a_friend")
        return exit_code::not_found;
    if (error_name == "timed_out")
        return exit_code::timed_out;
    return exit_code::failed;
}

} // namespace tau::node
