//! Arithmetic.

use super::arguments::{Arguments, reserve, text};
use super::decimal::Decimal;
use super::number::{to_float, to_int};
use crate::format::display;
use crate::numeral::{self, Unread};
use crate::{Context, Error, Function, Type, Value};

use Type::{Any, Float64, Int, String as Text};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("atoi", &[Text], |_, given| {
        Ok(Value::Int(match numeral::signed(Arguments(given).text(0), 10) {
            Ok(number) | Err(Unread::Range(number)) => number,
            Err(Unread::Syntax) => 0,
        }))
    }),
    Function::new("int", &[Any], |_, given| Ok(Value::Int(to_int(&given[0])))),
    Function::new("int64", &[Any], |_, given| Ok(Value::Int64(to_int(&given[0])))),
    Function::new("float64", &[Any], |_, given| Ok(to_float(&given[0]).into())),
    Function::new("toDecimal", &[Any], |_, given| {
        Ok(Value::Int64(numeral::signed(&display(&given[0]), 8).unwrap_or(0)))
    }),
    Function::new("add1", &[Any], |_, given| {
        Ok(Value::Int64(to_int(&given[0]).wrapping_add(1)))
    }),
    Function::new("add", &[], |_, given| Ok(fold(0, given, i64::wrapping_add))).variadic(Any),
    Function::new("sub", &[Any, Any], |_, given| {
        Ok(Value::Int64(to_int(&given[0]).wrapping_sub(to_int(&given[1]))))
    }),
    Function::new("mul", &[Any], |_, given| {
        Ok(fold(to_int(&given[0]), &given[1..], i64::wrapping_mul))
    })
    .variadic(Any),
    Function::new("div", &[Any, Any], |_, given| divide(given, i64::wrapping_div)),
    Function::new("mod", &[Any, Any], |_, given| divide(given, i64::wrapping_rem)),
    Function::new("max", &[Any], |_, given| {
        Ok(fold(to_int(&given[0]), &given[1..], i64::max))
    })
    .variadic(Any),
    Function::new("biggest", &[Any], |_, given| {
        Ok(fold(to_int(&given[0]), &given[1..], i64::max))
    })
    .variadic(Any),
    Function::new("min", &[Any], |_, given| {
        Ok(fold(to_int(&given[0]), &given[1..], i64::min))
    })
    .variadic(Any),
    Function::new("maxf", &[Any], |_, given| Ok(fold_floats(given, larger))).variadic(Any),
    Function::new("minf", &[Any], |_, given| {
        Ok(fold_floats(given, |a, b| -larger(-a, -b)))
    })
    .variadic(Any),
    Function::new("add1f", &[Any], |context, given| {
        decimals(context, to_float(&given[0]), &[Value::Int(1)], |a, b| {
            Some(a.add(b))
        })
    }),
    Function::new("addf", &[], |context, given| {
        decimals(context, 0.0, given, |a, b| Some(a.add(b)))
    })
    .variadic(Any),
    Function::new("subf", &[Any], |context, given| {
        decimals(context, to_float(&given[0]), &given[1..], |a, b| {
            Some(a.subtract(b))
        })
    })
    .variadic(Any),
    Function::new("mulf", &[Any], |context, given| {
        decimals(context, to_float(&given[0]), &given[1..], |a, b| {
            Some(a.multiply(b))
        })
    })
    .variadic(Any),
    Function::new("divf", &[Any], |context, given| {
        decimals(context, to_float(&given[0]), &given[1..], Decimal::divide)
    })
    .variadic(Any),
    Function::new("ceil", &[Any], |_, given| Ok(to_float(&given[0]).ceil().into())),
    Function::new("floor", &[Any], |_, given| Ok(to_float(&given[0]).floor().into())),
    Function::new("round", &[Any, Int], |_, given| {
        let from = match given.get(2) {
            Some(Value::Float(from)) => *from,
            _ => 0.5,
        };
        Ok(round(to_float(&given[0]), Arguments(given).int(1), from).into())
    })
    .variadic(Float64),
    Function::new("until", &[Int], |context, given| {
        let stop = Arguments(given).int(0);
        sequence(context, 0, stop, stop.signum().max(-1) | 1)
    }),
    Function::new("untilStep", &[Int, Int, Int], |context, given| {
        let given = Arguments(given);
        sequence(context, given.int(0), given.int(1), given.int(2))
    }),
    Function::new("seq", &[], written_sequence).variadic(Int),
];

fn fold(start: i64, given: &[Value], combine: fn(i64, i64) -> i64) -> Value {
    Value::Int64(given.iter().map(to_int).fold(start, combine))
}

fn divide(given: &[Value], operation: fn(i64, i64) -> i64) -> Result<Value, Error> {
    match to_int(&given[1]) {
        0 => Err(Error::new("runtime error: integer divide by zero")),
        divisor => Ok(Value::Int64(operation(to_int(&given[0]), divisor))),
    }
}

fn fold_floats(given: &[Value], combine: fn(f64, f64) -> f64) -> Value {
    given.iter().map(to_float).reduce(combine).unwrap_or(0.0).into()
}

/// The larger number; infinity before what is no number, zero before minus zero.
fn larger(a: f64, b: f64) -> f64 {
    if a == f64::INFINITY || b == f64::INFINITY {
        return f64::INFINITY;
    }
    if a.is_nan() || b.is_nan() {
        return f64::NAN;
    }
    if a == 0.0 && b == 0.0 {
        return if a.is_sign_negative() { b } else { a };
    }
    a.max(b)
}

/// Combines the numbers in their order, with as many digits as that takes: they may get many.
fn decimals(
    context: &mut Context<'_>,
    start: f64,
    given: &[Value],
    combine: fn(&Decimal, &Decimal) -> Option<Decimal>,
) -> Result<Value, Error> {
    let decimal = |number: f64| {
        let written = if number.is_nan() {
            "NaN"
        } else if number > 0.0 {
            "+Inf"
        } else {
            "-Inf"
        };
        Decimal::from_float(number)
            .ok_or_else(|| Error::new(format!("Cannot create a Decimal from {written}")))
    };
    let mut result = decimal(start)?;
    for value in given {
        let next = decimal(to_float(value))?;
        context.spend(result.words().saturating_mul(next.words()))?;
        result = combine(&result, &next).ok_or_else(|| Error::new("decimal division by 0"))?;
    }
    Ok(result.to_float().into())
}

/// Rounds to so many places, up from where the rest reaches `from`.
fn round(number: f64, places: i64, from: f64) -> f64 {
    let power = power_of_ten(places);
    let scaled = power * number;
    let rounded = if scaled % 1.0 >= from {
        scaled.ceil()
    } else {
        scaled.floor()
    };
    rounded / power
}

/// Ten to the power, with the roundings of Go's `math.Pow`.
fn power_of_ten(exponent: i64) -> f64 {
    let (mut product, mut product_exponent) = (1.0_f64, 0_i64);
    let (mut factor, mut factor_exponent) = (0.625_f64, 4_i64);
    let mut left = exponent.unsigned_abs();
    while left != 0 {
        if factor_exponent > 1 << 12 {
            product_exponent += factor_exponent;
            break;
        }
        if left & 1 == 1 {
            product *= factor;
            product_exponent += factor_exponent;
        }
        factor *= factor;
        factor_exponent <<= 1;
        if factor < 0.5 {
            factor += factor;
            factor_exponent -= 1;
        }
        left >>= 1;
    }
    if exponent < 0 {
        product = 1.0 / product;
        product_exponent = -product_exponent;
    }
    let shift = i32::try_from(product_exponent).unwrap_or(i32::MAX / 2);
    product * 2_f64.powi(shift / 2) * 2_f64.powi(shift - shift / 2)
}

/// How many steps lead from `start` to before `end`.
fn steps(start: i64, end: i64, step: i64) -> usize {
    let distance = i128::from(end) - i128::from(start);
    if distance == 0 || distance.signum() != i128::from(step.signum()) {
        return 0;
    }
    usize::try_from(distance.unsigned_abs().div_ceil(u128::from(step.unsigned_abs()))).unwrap_or(usize::MAX)
}

fn sequence(context: &mut Context<'_>, start: i64, end: i64, step: i64) -> Result<Value, Error> {
    let count = steps(start, end, step);
    reserve(context, count)?;
    let numbers = (0..count).scan(start, |next, _| {
        let number = *next;
        *next = next.wrapping_add(step);
        Some(Value::Int(number))
    });
    Ok(numbers.collect::<Vec<_>>().into())
}

/// The bytes of a number and the space behind it.
const LONGEST_NUMBER: usize = "-9223372036854775808 ".len();

/// Numbers with spaces between them, from and to as in the program of that name.
fn written_sequence(context: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    let numbers: Vec<i64> = given.iter().map(to_int).collect();
    let (start, step, end) = match numbers[..] {
        [end] => (1, if end < 1 { -1 } else { 1 }, end),
        [start, end] => (start, if end < start { -1 } else { 1 }, end),
        [start, step, end] if end >= start || step <= 0 => (start, step, end),
        _ => return Ok("".into()),
    };
    // The end itself belongs to it.
    let beyond = if end < start {
        end.wrapping_sub(1)
    } else {
        end.wrapping_add(1)
    };
    let count = steps(start, beyond, step);
    context.spend(count as u64)?;
    context.allocate(count.saturating_mul(LONGEST_NUMBER))?;
    let mut written = String::new();
    let mut next = start;
    for index in 0..count {
        if index > 0 {
            written.push(' ');
        }
        written.push_str(&next.to_string());
        next = next.wrapping_add(step);
    }
    text(context, written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_where_told() {
        let check = |number, places, from, expected: f64| {
            assert!(
                (round(number, places, from) - expected).abs() < 1e-12,
                "{number} {places}"
            );
        };
        check(123.5555, 3, 0.5, 123.556);
        check(123.499_999_99, 0, 0.5, 123.0);
        check(123.2, 0, 0.1, 124.0);
        check(1234.0, -2, 0.5, 1200.0);
    }

    #[test]
    fn steps_lead_to_before_the_end() {
        assert_eq!(steps(0, 5, 2), 3);
        assert_eq!(steps(5, 0, -2), 3);
        assert_eq!(steps(0, 5, -1), 0);
        assert_eq!(steps(i64::MIN, i64::MAX, 1), usize::MAX);
    }
}
