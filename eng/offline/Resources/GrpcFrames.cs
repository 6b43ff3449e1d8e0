using System.Buffers.Binary;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Aspire.Hosting.Offline;

/// <summary>The codes of a gRPC answer that are sent here.</summary>
internal enum GrpcStatus
{
    Ok = 0,
    InvalidArgument = 3,
    ResourceExhausted = 8,
    Unimplemented = 12,
    Internal = 13,
    Unauthenticated = 16,
}

/// <summary>A call that ends with something else than OK.</summary>
internal sealed class GrpcException(GrpcStatus status, string message) : Exception(message)
{
    public GrpcStatus Status => status;
}

/// <summary>Messages of gRPC over HTTP/2: a byte that says "not compressed", four bytes of length, the message; the status trails.</summary>
internal static class GrpcFrames
{
    private const int Prefix = 5;

    /// <summary>The largest request is a command with a few names; more is no request of the dashboard.</summary>
    private const int Largest = 64 * 1024;

    public static async Task<T> ReadAsync<T>(HttpRequest request, MessageParser<T> parser, CancellationToken cancellationToken)
        where T : IMessage<T>
    {
        try
        {
            var prefix = new byte[Prefix];
            await request.Body.ReadExactlyAsync(prefix, cancellationToken);
            if (prefix[0] != 0)
            {
                throw new GrpcException(GrpcStatus.Unimplemented, "compressed messages are not understood");
            }

            var length = BinaryPrimitives.ReadUInt32BigEndian(prefix.AsSpan(1));
            if (length > Largest)
            {
                throw new GrpcException(GrpcStatus.ResourceExhausted, $"a request of {length} bytes is above {Largest}");
            }

            var body = new byte[length];
            await request.Body.ReadExactlyAsync(body, cancellationToken);
            return parser.ParseFrom(body);
        }
        catch (Exception e) when (e is EndOfStreamException or InvalidProtocolBufferException)
        {
            throw new GrpcException(GrpcStatus.InvalidArgument, "the request is no whole message");
        }
    }

    public static async Task WriteAsync(HttpResponse response, IMessage message, CancellationToken cancellationToken)
    {
        var frame = new byte[Prefix + message.CalculateSize()];
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)(frame.Length - Prefix));
        message.WriteTo(frame.AsSpan(Prefix));
        await response.Body.WriteAsync(frame, cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
    }

    /// <summary>Ends a call. Where nothing was sent before, the status goes into the headers: clients look there first.</summary>
    public static void End(HttpResponse response, GrpcStatus status, string message = "")
    {
        var headers = response.HasStarted
            ? response.HttpContext.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers
            : response.Headers;
        headers["grpc-status"] = $"{(int)status}";
        headers["grpc-message"] = Uri.EscapeDataString(message);
    }
}
