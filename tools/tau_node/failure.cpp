#include "tau_node/failure.hpp"

#include <array>
#include <string_view>

namespace tau::node {
namespace {

std::string advice_for(std::string const& path, error_code ec) {
    if (ec == errc::insecure_permissions)
        return "; make it private with: chmod 600 " + path;
    if (ec == errc::wrong_owner)
        return "; it must belong to the user who runs tau-node";
    if (ec == errc::invalid_length || ec == errc::invalid_encoding || ec == errc::invalid_checksum)
        return "; it is truncated or damaged and was left as it is: use a copy or a backup";
    if (ec == errc::unsupported_version)
        return "; a newer tau-node wrote it";
    return {};
}

} // namespace

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

failure unusable_file(std::string const& path, error_code ec) {
    return {exit_code::failed, name_of(ec),
            "cannot use " + path + ": " + ec.message() + advice_for(path, ec)};
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
