#include "core/endpoint.hpp"

#include <boost/asio/ip/address.hpp>

#include <charconv>

namespace tau {

result<endpoint> parse_endpoint(std::string_view text) {
    auto const colon = text.rfind(':');
    if (colon == std::string_view::npos || colon + 1 == text.size())
        return errc::invalid_encoding;
    auto host = text.substr(0, colon);
    auto const digits = text.substr(colon + 1);
    bool const bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
    if (bracketed)
        host = host.substr(1, host.size() - 2);
    // make_address() would read up to there and ignore the rest.
    if (host.find('\0') != std::string_view::npos)
        return errc::invalid_encoding;

    unsigned long port = 0;
    auto const [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (problem == std::errc::result_out_of_range)
        return errc::invalid_argument;
    if (problem != std::errc{} || end != digits.data() + digits.size())
        return errc::invalid_encoding;
    if (port > 65535)
        return errc::invalid_argument;

    boost::system::error_code ec;
    auto const address = boost::asio::ip::make_address(std::string(host), ec);
    if (ec || address.is_v6() != bracketed)
        return errc::invalid_encoding;
    return endpoint(address, static_cast<std::uint16_t>(port));
}

std::string to_string(endpoint const& ep) {
    auto const address = ep.address().to_string();
    auto const port = std::to_string(ep.port());
    return ep.address().is_v6() ? "[" + address + "]:" + port : address + ":" + port;
}

bytes to_compact(endpoint const& ep) {
    bytes out;
    auto const append = [&out](auto const& octets) {
        out.insert(out.end(), octets.begin(), octets.end());
    };
    if (ep.address().is_v4())
        append(ep.address().to_v4().to_bytes());
    else
        append(ep.address().to_v6().to_bytes());
    out.push_back(static_cast<std::uint8_t>(ep.port() >> 8));
    out.push_back(static_cast<std::uint8_t>(ep.port() & 0xff));
    return out;
}

result<endpoint> from_compact(byte_view data) {
    auto const read = [&data]<class Address>(Address) {
        typename Address::bytes_type octets;
        std::copy_n(data.begin(), octets.size(), octets.begin());
        auto const port =
            static_cast<std::uint16_t>(data[octets.size()] << 8 | data[octets.size() + 1]);
        return endpoint(Address(octets), port);
    };
    if (data.size() == 6)
        return read(boost::asio::ip::address_v4{});
    if (data.size() == 18)
        return read(boost::asio::ip::address_v6{});
    return errc::invalid_length;
}

} // namespace tau
